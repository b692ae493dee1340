// The network as one picture: weights as lines, neurons as what they answer, biases as marks.

import { css, NEGATIVE, POSITIVE, type Rgb } from "./colors";
import { paint } from "./pictures";
import { weights } from "./weights";

export interface Layout {
  topology: number[];
  row: number; // pixels from one neuron to the next
  width: number;
}
export interface Shown {
  neurons: Uint8Array;
  parameters: ArrayLike<number>;
}
export type Place = { layer: number; row: number; column: number };

const SHARE = 0.84; // of a row that a neuron fills
const ROUND = 5;
const BIAS = 9;

export const sideOf = (layout: Layout): number => SHARE * layout.row;

export const heightOf = ({ topology, row }: Layout): number => Math.max(...topology) * row;

/** Where the middle of a neuron is. */
export function place(layout: Layout, layer: number, index: number): [number, number] {
  const { topology, row, width } = layout;
  const count = topology[layer] ?? 1;
  const x = (width * (layer + 0.5)) / topology.length;
  return [x, heightOf(layout) / 2 + (index - (count - 1) / 2) * row];
}

/** The way of a weight from one neuron to another, as an SVG path. */
export function way(layout: Layout, { layer, row, column }: Place): string {
  const [x1, y1] = place(layout, layer, row);
  const [x2, y2] = place(layout, layer + 1, column);
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

/** A painter of one canvas; what does not change from picture to picture it keeps. */
export function makeScene(canvas: HTMLCanvasElement, layout: Layout, ground: Rgb) {
  const atlas = document.createElement("canvas");
  const scale = devicePixelRatio || 1;
  const [width, height] = [layout.width, heightOf(layout)];
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  const count = layout.topology.reduce((sum, one) => sum + one, 0);
  const ways = new Map<number, Path2D>();
  const side = sideOf(layout);

  return function draw({ neurons, parameters }: Shown, lit: Place | null): void {
    if (!context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const all = weights(layout.topology, parameters);
    const reach = all.reduce((most, one) => Math.max(most, Math.abs(one.value)), 1e-9);
    for (const one of all) {
      if (one.row < 0) continue;
      const path = ways.get(one.index) ?? new Path2D(way(layout, one));
      ways.set(one.index, path);
      const chosen = lit !== null && lit.layer === one.layer && lit.row === one.row
        && lit.column === one.column;
      context.globalAlpha = chosen ? 1 : 0.75;
      context.setLineDash(chosen ? [6, 3] : []);
      context.strokeStyle = css(one.value < 0 ? NEGATIVE : POSITIVE);
      context.lineWidth = 0.4 + 5 * Math.sqrt(Math.abs(one.value) / reach);
      context.stroke(path);
    }
    context.globalAlpha = 1;
    const pixels = Math.round(Math.sqrt(neurons.length / count));
    paint(atlas, neurons, pixels, ground);
    let k = 0;
    layout.topology.forEach((size, layer) => {
      for (let index = 0; index < size; index += 1, k += 1) {
        const [x, y] = place(layout, layer, index);
        context.save();
        context.beginPath();
        context.roundRect(x - side / 2, y - side / 2, side, side, ROUND);
        context.clip();
        context.drawImage(
          atlas, 0, k * pixels, pixels, pixels, x - side / 2, y - side / 2, side, side,
        );
        context.restore();
      }
    });
    for (const one of all) {
      if (one.row >= 0) continue;
      const [x, y] = place(layout, one.layer + 1, one.column);
      const [left, top] = [x - side / 2 - BIAS / 2, y + side / 2 - BIAS / 2];
      context.fillStyle = css(ground);
      context.fillRect(left - 1, top - 1, BIAS + 2, BIAS + 2);
      context.globalAlpha = 0.15 + 0.85 * Math.min(1, Math.abs(one.value) / reach);
      context.fillStyle = css(one.value < 0 ? NEGATIVE : POSITIVE);
      context.fillRect(left, top, BIAS, BIAS);
      context.globalAlpha = 1;
    }
  };
}
