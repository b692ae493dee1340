// From bytes to pixels: at sixty pictures a second there is time for a look-up only.

import type { Rgb } from "./colors";

/** The color of each byte, as a pixel. */
export type PixelTable = Uint32Array;

export function pixelTable(size: number, color: (byte: number) => Rgb): PixelTable {
  return Uint32Array.from({ length: size }, (_, i) => pixel(color(i)));
}

/** Red, green, blue and an opaque alpha, in little-endian order. */
function pixel([red, green, blue]: Rgb): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Paint squares below each other; the first row of each is its lowest. */
export function putPixels(
  canvas: HTMLCanvasElement,
  side: number,
  count: number,
  color: (index: number) => number,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  if (canvas.width !== side) canvas.width = side;
  if (canvas.height !== side * count) canvas.height = side * count;
  const image = context.createImageData(side, side * count);
  const pixels = new Uint32Array(image.data.buffer);
  let at = 0;
  for (let k = 0; k < count; k += 1) {
    for (let row = side - 1; row >= 0; row -= 1) {
      const start = (k * side + row) * side;
      for (let column = 0; column < side; column += 1, at += 1) pixels[at] = color(start + column);
    }
  }
  context.putImageData(image, 0, 0);
}
