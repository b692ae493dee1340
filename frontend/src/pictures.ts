// From bytes to pixels. Rows come from the lowest x2 upwards; a picture begins at its top.

import { CLASSES, diverging, mix, type Rgb } from "./colors";

/** Draw a square of bytes, 128 being 0, orange below and blue above. */
export function paint(
  canvas: HTMLCanvasElement, bytes: Uint8Array, side: number, ground: Rgb, stepped = false,
): void {
  const table = Array.from({ length: 256 }, (_, byte) => {
    const value = (byte - 128) / 127.5;
    return diverging(0.75 * (stepped ? Math.sign(value) : value), ground);
  });
  put(canvas, side, (place) => table[bytes[place] ?? 0] ?? ground);
}

/** Draw probabilities of several classes, a square of bytes each: the likeliest gives the colour. */
export function paintClasses(
  canvas: HTMLCanvasElement, bytes: Uint8Array, side: number, ground: Rgb, stepped = false,
): void {
  const size = side * side;
  const classes = bytes.length / size;
  put(canvas, side, (place) => {
    let best = 0;
    for (let k = 1; k < classes; k += 1) {
      if ((bytes[k * size + place] ?? 0) > (bytes[best * size + place] ?? 0)) best = k;
    }
    const share = (bytes[best * size + place] ?? 0) / 255;
    const sure = Math.max(0, (share - 1 / classes) / (1 - 1 / classes));
    return mix(ground, CLASSES[best] ?? ground, stepped ? 0.6 : 0.1 + 0.55 * sure);
  });
}

function put(canvas: HTMLCanvasElement, side: number, color: (place: number) => Rgb): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const image = context.createImageData(side, side);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const rgb = color((side - 1 - row) * side + column);
      const at = 4 * (row * side + column);
      image.data[at] = rgb[0];
      image.data[at + 1] = rgb[1];
      image.data[at + 2] = rgb[2];
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}
