// The pictures of neurons, each on its own scale: byte 0 is its lowest value over the plane, 255 its
// highest. So a neuron that hardly moves shows what it sees as well as one that is certain.

import { diverging, mix, NEURON_SHARE, type Palette, type Rgb } from "./colors";
import { type PixelTable, pixelTable, putPixels } from "./pixels";

/** A painter of the neurons of one network, below each other. With several outputs each of these
 * has the color of its class. */
export function makeNeuronPainter(topology: readonly number[], palette: Palette) {
  const ends = palette.classes.map((one) => mix(palette.undecided, one, NEURON_SHARE));
  const plain = pixelTable(256, (byte) => diverging((2 * byte) / 255 - 1, ends, palette));
  const total = neuronCount(topology);
  const outputs = topology.at(-1) ?? 1;
  const own = outputs > 1 ? ends.map((end) => shades(palette.undecided, end)) : [];
  const tableOf = (k: number) =>
    k < total - outputs ? plain : (own[k - total + outputs] ?? plain);

  /** Paint `count` neurons of all those that the bytes hold. */
  return function paint(canvas: HTMLCanvasElement, all: Uint8Array, first = 0, count = total) {
    const size = all.length / total;
    putPixels(canvas, Math.round(Math.sqrt(size)), count, (pixels) => {
      for (let k = 0, at = 0, from = first * size; k < count; k += 1) {
        const colors = tableOf(first + k);
        for (const end = at + size; at < end; at += 1, from += 1)
          pixels[at] = colors[all[from] ?? 0] ?? 0;
      }
    });
  };
}

export const neuronCount = (topology: readonly number[]): number =>
  topology.reduce((sum, one) => sum + one, 0);

/** The place of a neuron among all, the inputs first. */
export const neuronPlace = (topology: readonly number[], layer: number, index: number): number =>
  neuronCount(topology.slice(0, layer)) + index;

function shades(from: Rgb, to: Rgb): PixelTable {
  return pixelTable(256, (byte) => mix(from, to, byte / 255));
}
