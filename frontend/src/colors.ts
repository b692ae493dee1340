// Colours that the colour-blind tell apart: orange to blue through the page's own ground, and
// Okabe and Ito's palette for classes.

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

/** Mix two colours: all of the first at 0, all of the second at 1. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [part(0), part(1), part(2)];
}

/** From -1 (orange) through the ground at 0 to 1 (blue). */
export function diverging(value: number, ground: Rgb): Rgb {
  const strength = Math.min(1, Math.abs(value));
  return mix(ground, value < 0 ? NEGATIVE : POSITIVE, strength * 0.85);
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** The ground of pictures, as the style sheet says for the theme: three numbers. */
export function groundOf(element: Element): Rgb {
  const said = getComputedStyle(element).getPropertyValue("--ground").trim().split(/\s+/);
  const [red, green, blue] = said.map(Number);
  return [red ?? 245, green ?? 245, blue ?? 245];
}
