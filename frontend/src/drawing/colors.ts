// Colors that color-blind people can tell apart: orange to blue through the background, and the
// palette of Okabe and Ito for classes.

export type Rgb = readonly [number, number, number];

export const NEGATIVE: Rgb = [213, 94, 0];
export const POSITIVE: Rgb = [0, 114, 178];
export const CLASSES: readonly Rgb[] = [
  [213, 94, 0],
  [0, 114, 178],
  [0, 158, 115],
  [204, 121, 167],
  [230, 159, 0],
];

/** Interpolate from the first color at 0 to the second at 1. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [part(0), part(1), part(2)];
}

/** From orange at -1 through the background at 0 to blue at 1. */
export function diverging(value: number, background: Rgb): Rgb {
  const strength = Math.min(1, Math.abs(value));
  return mix(background, value < 0 ? NEGATIVE : POSITIVE, strength * 0.85);
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** The background of images, which the theme's style sheet defines. */
export function backgroundOf(element: Element): Rgb {
  const channels = getComputedStyle(element).getPropertyValue("--ground").trim().split(/\s+/);
  const [red, green, blue] = channels.map(Number);
  return [red ?? 245, green ?? 245, blue ?? 245];
}
