// The style sheet's colors as numbers. Color means a class, or the sign of a weight: class 0 and a
// negative weight are orange, class 1 and a positive one blue. All else is ink.

export type Rgb = readonly [number, number, number];
export interface Palette {
  paper: Rgb;
  ink: Rgb;
  soft: Rgb;
  edge: Rgb;
  line: Rgb;
  /** The ground where no class is more probable than another. */
  undecided: Rgb;
  /** The color of each class's points, and of the plane where that class is certain. */
  classes: readonly Rgb[];
  grounds: readonly Rgb[];
}

/** The classes that have a color: as many as the server takes. */
export const CLASSES = 5;
/** The share of a class's color where a neuron is at its highest or lowest. */
export const NEURON_SHARE = 0.62;

const black: Rgb = [0, 0, 0];

/** The colors of an element's theme. Painters read them once, not for each picture. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => rgb(style.getPropertyValue(`--${name}`));
  const each = (name: string) => Array.from({ length: CLASSES }, (_, k) => read(`${name}-${k}`));
  return {
    paper: read("paper"),
    ink: read("ink"),
    soft: read("soft"),
    edge: read("edge"),
    line: read("line"),
    undecided: read("ground-mid"),
    classes: each("class"),
    grounds: each("ground"),
  };
}

/** The numbers of #rrggbb; black for anything else. */
export function rgb(code: string): Rgb {
  const digits = /^\s*#([0-9a-f]{6})\s*$/i.exec(code)?.[1];
  const all = Number.parseInt(digits ?? "0", 16);
  return [all >> 16, (all >> 8) & 255, all & 255];
}

/** Interpolate from the first color at 0 to the second at 1. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [part(0), part(1), part(2)];
}

/** From the first color at -1 through the undecided ground at 0 to the second at 1. */
export function diverging(value: number, ends: readonly Rgb[], { undecided }: Palette): Rgb {
  const end = (value < 0 ? ends[0] : ends[1]) ?? black;
  return mix(undecided, end, Math.min(1, Math.abs(value)));
}

/** The color of a class's points. */
export const classColor = (palette: Palette, k: number): Rgb => palette.classes[k] ?? palette.soft;

/** The color of a class, for a style that the theme changes by itself. */
export const classPaint = (k: number): string => `var(--class-${k})`;

export const css = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

/** Black or white, whichever stands out more from a ground: 4.5 to 1 at least. */
export function readableOn(ground: Rgb): string {
  const [red, green, blue] = ground.map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return light > 0.179 ? "#000000" : "#ffffff";
}
