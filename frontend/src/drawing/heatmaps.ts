// From bytes to pixels. The server's rows start at the lowest x2, a canvas starts at the top.

import { CLASSES, diverging, mix, type Rgb } from "./colors";

// The color of each byte, as a pixel: at sixty frames a second there is time for a look-up only.
type PixelTable = Uint32Array;
const tables = new Map<string, PixelTable>();

function pixelTable(name: string, size: number, color: (byte: number) => Rgb): PixelTable {
  const made = tables.get(name) ?? Uint32Array.from({ length: size }, (_, i) => pixel(color(i)));
  tables.set(name, made);
  return made;
}

/** Red, green, blue and an opaque alpha, in little-endian order. */
function pixel([red, green, blue]: Rgb): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Draw square heatmaps below each other: 128 is 0, orange below it, blue above. */
export function paintHeatmap(
  canvas: HTMLCanvasElement,
  bytes: Uint8Array,
  side: number,
  background: Rgb,
  stepped = false,
): void {
  const colors = pixelTable(`${background} ${stepped}`, 256, (byte) => {
    const value = (byte - 128) / 127.5;
    return diverging(0.75 * (stepped ? Math.sign(value) : value), background);
  });
  putPixels(canvas, side, bytes.length / (side * side), (index) => colors[bytes[index] ?? 0] ?? 0);
}

/** Draw the most probable class, from one square of probabilities for each class. */
export function paintClassMap(
  canvas: HTMLCanvasElement,
  bytes: Uint8Array,
  side: number,
  background: Rgb,
  stepped = false,
): void {
  const size = side * side;
  const classes = bytes.length / size;
  const colors = pixelTable(`${background} ${stepped} ${classes}`, classes * 256, (code) => {
    const sure = Math.max(0, ((code & 255) / 255 - 1 / classes) / (1 - 1 / classes));
    return mix(background, CLASSES[code >> 8] ?? background, stepped ? 0.6 : 0.1 + 0.55 * sure);
  });
  putPixels(canvas, side, 1, (index) => {
    let best = 0;
    for (let k = 1; k < classes; k += 1) {
      if ((bytes[k * size + index] ?? 0) > (bytes[best * size + index] ?? 0)) best = k;
    }
    return colors[(best << 8) | (bytes[best * size + index] ?? 0)] ?? 0;
  });
}

function putPixels(
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
