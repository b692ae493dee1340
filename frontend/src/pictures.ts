// From bytes to pixels. Rows come from the lowest x2 upwards; a picture begins at its top.

import { CLASSES, diverging, mix, type Rgb } from "./colors";

// The colour of each byte, as a pixel. Sixty times a second a look-up is what there is time for.
type Table = Uint32Array;
const tables = new Map<string, Table>();

function table(name: string, size: number, color: (byte: number) => Rgb): Table {
  const made = tables.get(name) ?? Uint32Array.from({ length: size }, (_, i) => pixel(color(i)));
  tables.set(name, made);
  return made;
}

/** Red, green, blue and an opaque alpha, as they lie in memory: the lowest byte first. */
function pixel([red, green, blue]: Rgb): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Draw squares of bytes under each other, 128 being 0, orange below and blue above. */
export function paint(
  canvas: HTMLCanvasElement,
  bytes: Uint8Array,
  side: number,
  ground: Rgb,
  stepped = false,
): void {
  const colors = table(`${ground} ${stepped}`, 256, (byte) => {
    const value = (byte - 128) / 127.5;
    return diverging(0.75 * (stepped ? Math.sign(value) : value), ground);
  });
  put(canvas, side, bytes.length / (side * side), (place) => colors[bytes[place] ?? 0] ?? 0);
}

/** Draw probabilities of several classes, a square of bytes each: the likeliest gives the colour. */
export function paintClasses(
  canvas: HTMLCanvasElement,
  bytes: Uint8Array,
  side: number,
  ground: Rgb,
  stepped = false,
): void {
  const size = side * side;
  const classes = bytes.length / size;
  const colors = table(`${ground} ${stepped} ${classes}`, classes * 256, (code) => {
    const sure = Math.max(0, ((code & 255) / 255 - 1 / classes) / (1 - 1 / classes));
    return mix(ground, CLASSES[code >> 8] ?? ground, stepped ? 0.6 : 0.1 + 0.55 * sure);
  });
  put(canvas, side, 1, (place) => {
    let best = 0;
    for (let k = 1; k < classes; k += 1) {
      if ((bytes[k * size + place] ?? 0) > (bytes[best * size + place] ?? 0)) best = k;
    }
    return colors[(best << 8) | (bytes[best * size + place] ?? 0)] ?? 0;
  });
}

function put(
  canvas: HTMLCanvasElement,
  side: number,
  count: number,
  color: (place: number) => number,
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
