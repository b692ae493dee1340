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

/** The last picture of each canvas: another one of its size takes no new memory. */
const images = new WeakMap<HTMLCanvasElement, ImageData>();

/** Paint squares below each other; the first row of each is its lowest. `paint` sets all pixels. */
export function putPixels(
  canvas: HTMLCanvasElement,
  side: number,
  count: number,
  paint: (pixels: Uint32Array) => void,
): void {
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) return;
  if (canvas.width !== side) canvas.width = side;
  if (canvas.height !== side * count) canvas.height = side * count;
  let image = images.get(canvas);
  if (image?.width !== side || image.height !== side * count) {
    image = context.createImageData(side, side * count);
    images.set(canvas, image);
  }
  const pixels = new Uint32Array(image.data.buffer);
  paint(pixels);
  for (let square = 0; square < count; square += 1) turnOver(pixels, square * side, side);
  context.putImageData(image, 0, 0);
}

/** Exchange the rows of one square, which begins with row `first`. */
function turnOver(pixels: Uint32Array, first: number, side: number): void {
  for (let up = first, down = first + side - 1; up < down; up += 1, down -= 1) {
    const row = pixels.slice(up * side, (up + 1) * side);
    pixels.copyWithin(up * side, down * side, (down + 1) * side);
    pixels.set(row, down * side);
  }
}
