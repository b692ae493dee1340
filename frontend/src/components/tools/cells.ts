// The cells of a microscope: a number on its color.

import { useMemo } from "preact/hooks";
import { css, type Palette, paletteOf, readableOn } from "../../drawing/colors";
import { colorOf } from "../../drawing/maps";
import type { Store } from "../../state/store";

/** Two digits, as a cell has room for. */
export function short(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  const written = value.toFixed(digits);
  return Number(written) === 0 ? "0.00" : written.replace("-", "−");
}

/** The color behind a number, and one for its letters that can be read on it. */
export function shade(value: number, reach: number, palette: Palette, image = false) {
  const ground = colorOf(image ? "Image" : "", value, reach, palette);
  return { background: css(ground), color: readableOn(ground) };
}

export function usePalette({ host, resolvedTheme }: Store): Palette {
  const theme = resolvedTheme.value;
  return useMemo(() => paletteOf(host.root), [theme]);
}
