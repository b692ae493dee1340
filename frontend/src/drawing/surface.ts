// The plane of predictions: from the server's bytes to pixels, and to the lines between classes.
// The bytes' rows start at the lowest x2, a canvas starts at the top.

import { diverging, mix, type Palette, type Rgb } from "./colors";
import { type PixelTable, pixelTable, putPixels } from "./pixels";

/** The predictions over the plane: one square of bytes for each output. */
export interface Predictions {
  bytes: Uint8Array;
  outputs: number;
  /** The numbers that bytes 0 and 255 stand for: no digit is lost where all predictions agree. */
  span: readonly [number, number];
  /** The classes; 0 for a regression, whose numbers go from -1 to 1. */
  classes: number;
}

export const sideOf = ({ bytes, outputs }: Predictions): number =>
  Math.round(Math.sqrt(bytes.length / outputs));

export function numberOf({ span: [low, high] }: Predictions, byte: number): number {
  return low + ((high - low) * byte) / 255;
}

/** Predictions that differ by less say the same everywhere: no point is right or wrong. */
const DECIDED = 0.1;

/** Whether the predictions differ enough that a boundary means something. */
export function isDecided({ span: [low, high], classes }: Predictions): boolean {
  return classes > 0 && high - low > DECIDED;
}

const SHADES = 512; // from one end of a color to the other

/** A painter of the ground. Stepped, it shows the predicted class alone, or the sign in a
 * regression. */
export function makeSurfacePainter(canvas: HTMLCanvasElement, palette: Palette) {
  const ramp = (color: (share: number) => Rgb) =>
    pixelTable(SHADES, (k) => color(k / (SHADES - 1)));
  const between = ramp((share) => diverging(2 * share - 1, palette.grounds, palette));
  const certain = palette.grounds.map((ground) =>
    ramp((share) => mix(palette.undecided, ground, share)),
  );
  /** The color of each byte, which stands for a share of a ramp. */
  const table = (shown: Predictions, shades: PixelTable, shareOf: (value: number) => number) =>
    Uint32Array.from({ length: 256 }, (_, byte) => {
      const share = Math.min(1, Math.max(0, shareOf(numberOf(shown, byte))));
      return shades[Math.round(share * (SHADES - 1))] ?? 0;
    });

  return function paint(shown: Predictions, stepped: boolean): void {
    const side = sideOf(shown);
    const { bytes, outputs, classes } = shown;
    if (outputs === 1) {
      const colors = table(shown, between, (value) => {
        const signed = classes ? 2 * value - 1 : value;
        return (1 + (stepped ? Math.sign(signed) : signed)) / 2;
      });
      putPixels(canvas, side, 1, (pixels) => {
        for (let i = 0; i < pixels.length; i += 1) pixels[i] = colors[bytes[i] ?? 0] ?? 0;
      });
      return;
    }
    const tables = Array.from({ length: outputs }, (_, k) =>
      table(shown, certain[k] ?? between, (value) =>
        stepped ? 1 : (value - 1 / outputs) / (1 - 1 / outputs),
      ),
    );
    const size = side * side;
    putPixels(canvas, side, 1, (pixels) => {
      for (let i = 0; i < size; i += 1) {
        const best = likeliest(bytes, size, outputs, i);
        pixels[i] = tables[best]?.[bytes[best * size + i] ?? 0] ?? 0;
      }
    });
  };
}

function likeliest(bytes: Uint8Array, size: number, outputs: number, index: number): number {
  let best = 0;
  for (let k = 1; k < outputs; k += 1)
    if ((bytes[k * size + index] ?? 0) > (bytes[best * size + index] ?? 0)) best = k;
  return best;
}

/** The prediction at a place from 0 to 1, of each output, between the four nearest points. */
export function predictionAt(shown: Predictions, across: number, up: number): number[] {
  const side = sideOf(shown);
  const place = (share: number) => Math.min(Math.max(share, 0), 1) * (side - 1);
  const [x, y] = [place(across), place(up)];
  const [i, j] = [Math.min(Math.floor(x), side - 2), Math.min(Math.floor(y), side - 2)];
  const [dx, dy] = [x - i, y - j];
  return Array.from({ length: shown.outputs }, (_, k) => {
    const at = (column: number, row: number) => shown.bytes[(k * side + row) * side + column] ?? 0;
    const low = at(i, j) * (1 - dx) + at(i + 1, j) * dx;
    const high = at(i, j + 1) * (1 - dx) + at(i + 1, j + 1) * dx;
    return numberOf(shown, low * (1 - dy) + high * dy);
  });
}

/** The lines between classes, as pairs of points (x, y) from 0 to 1, from the upper left corner. */
export function boundary(shown: Predictions): Float32Array {
  if (!isDecided(shown)) return new Float32Array();
  const side = sideOf(shown);
  const size = side * side;
  const { bytes, outputs } = shown;
  const field = new Float32Array(size);
  if (outputs === 1) {
    const [low, high] = shown.span;
    const half = (255 * (0.5 - low)) / (high - low);
    for (let i = 0; i < size; i += 1) field[i] = (bytes[i] ?? 0) - half;
    return zeros(side, field);
  }
  // The lead of a class over the best of the others is zero at its border. The last class has no
  // border that is not another's too.
  const lines: number[] = [];
  for (let k = 0; k + 1 < outputs; k += 1) {
    for (let i = 0; i < size; i += 1) {
      let best = 0;
      for (let other = 0; other < outputs; other += 1)
        if (other !== k) best = Math.max(best, bytes[other * size + i] ?? 0);
      field[i] = (bytes[k * size + i] ?? 0) - best;
    }
    for (const one of zeros(side, field)) lines.push(one);
  }
  return Float32Array.from(lines);
}

/** The lines where a field, a row for each x2, is zero, by marching squares. */
function zeros(side: number, values: Float32Array): Float32Array {
  const found: number[] = [];
  const scale = 1 / (side - 1);
  // The crossing of the edge from one corner to another, if their signs differ.
  const edge = (x1: number, y1: number, v1: number, x2: number, y2: number, v2: number) => {
    if (v1 > 0 === v2 > 0) return;
    const share = v1 / (v1 - v2);
    found.push((x1 + (x2 - x1) * share) * scale, 1 - (y1 + (y2 - y1) * share) * scale);
  };
  for (let row = 0; row + 1 < side; row += 1) {
    for (let column = 0; column + 1 < side; column += 1) {
      const at = row * side + column;
      const a = values[at] ?? 0;
      const b = values[at + 1] ?? 0;
      const c = values[at + side] ?? 0;
      const d = values[at + side + 1] ?? 0;
      if (a > 0 === b > 0 && c > 0 === d > 0 && a > 0 === c > 0) continue;
      edge(column, row, a, column + 1, row, b);
      edge(column + 1, row, b, column + 1, row + 1, d);
      edge(column + 1, row + 1, d, column, row + 1, c);
      edge(column, row + 1, c, column, row, a);
    }
  }
  return Float32Array.from(found);
}
