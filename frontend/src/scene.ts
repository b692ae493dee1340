// The network as one picture: weights as lines, neurons as what they answer, biases as marks.

import { css, NEGATIVE, POSITIVE, type Rgb } from "./colors";
import { paint } from "./pictures";
import { weights } from "./weights";

export interface Layout {
  topology: number[];
  row: number; // pixels from one neuron to the next below it
  width: number;
  files: boolean; // whether a large layer stands in two files
}
export interface Shown {
  neurons: Uint8Array;
  parameters: ArrayLike<number>;
}
export interface Place {
  layer: number;
  row: number;
  column: number;
}

const SHARE = 0.84; // of a row that a neuron fills
const TARGET = 24; // pixels that a pointer needs
const FILE = 8; // neurons that stand below each other; more stand in two files, in turn
const TALLEST = 240;
const ROW = { most: 44, files: 30, least: 26 };
const ROUND = 5;
const BIAS = 9;

/** As large as the tallest layer lets it be. A finger needs more room, and numbers beside the neurons
 * need it there: then every layer stands in one file, as tall as it may become. */
export function layoutOf(
  topology: number[],
  width: number,
  finger: boolean,
  numbers: boolean,
): Layout {
  const files = !finger && !numbers;
  const most = files && Math.max(...topology) > FILE ? ROW.files : ROW.most;
  const row = Math.min(most, Math.floor(TALLEST / tallest(topology, files)));
  return { topology, width, files, row: finger ? ROW.most : Math.max(ROW.least, row) };
}

/** How many rows a network takes. */
function tallest(topology: number[], files: boolean): number {
  return Math.max(...topology.map((count) => (files && count > FILE ? (count + 1) / 2 : count)));
}

export const sideOf = (layout: Layout): number => Math.max(TARGET, SHARE * layout.row);

export const heightOf = ({ topology, row, files }: Layout): number =>
  tallest(topology, files) * row;

/** Where the middle of a neuron is. */
export function place(layout: Layout, layer: number, index: number): [number, number] {
  const { topology, row, width } = layout;
  const count = topology[layer] ?? 1;
  const x = (width * (layer + 0.5)) / topology.length;
  const files = layout.files && count > FILE;
  const step = files ? row / 2 : row;
  const aside = files ? ((index % 2) - 0.5) * row : 0;
  return [x + aside, heightOf(layout) / 2 + (index - (count - 1) / 2) * step];
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
      const chosen =
        lit !== null && lit.layer === one.layer && lit.row === one.row && lit.column === one.column;
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
          atlas,
          0,
          k * pixels,
          pixels,
          pixels,
          x - side / 2,
          y - side / 2,
          side,
          side,
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
