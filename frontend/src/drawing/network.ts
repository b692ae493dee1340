// The network diagram on a canvas: weights as lines, neurons as heatmaps, biases as squares.

import { listParameters } from "../state/parameters";
import { css, NEGATIVE, POSITIVE, type Rgb } from "./colors";
import { paintHeatmap } from "./heatmaps";

export interface Layout {
  topology: number[];
  row: number; // pixels between neighboring neurons
  width: number;
  twoColumns: boolean; // whether large layers are split into two columns
}
export interface NetworkNumbers {
  neurons: Uint8Array;
  parameters: ArrayLike<number>;
}
export interface WeightIndex {
  layer: number;
  row: number;
  column: number;
}

/** The minimum width of a layer in pixels. */
export const LAYER_WIDTH = 84;

const NEURON_SHARE = 0.84; // of a row's height
const MIN_TARGET = 24; // pixels, for a pointer
const COLUMN_LENGTH = 8; // neurons in one column; more alternate between two
const MAX_HEIGHT = 240;
const ROW = { most: 44, twoColumns: 30, least: 26 };
const CORNER_RADIUS = 5;
const BIAS_SIZE = 9;

/** As large as the tallest layer allows. Touch and numbers beside the neurons need more room: then
 * every layer is one column, however tall. */
export function layoutNetwork(
  topology: number[],
  width: number,
  finger: boolean,
  numbers: boolean,
): Layout {
  const twoColumns = !finger && !numbers;
  const most = twoColumns && Math.max(...topology) > COLUMN_LENGTH ? ROW.twoColumns : ROW.most;
  const row = Math.min(most, Math.floor(MAX_HEIGHT / rowCount(topology, twoColumns)));
  return { topology, width, twoColumns, row: finger ? ROW.most : Math.max(ROW.least, row) };
}

/** The number of rows of the tallest layer. */
function rowCount(topology: number[], twoColumns: boolean): number {
  return Math.max(
    ...topology.map((count) => (twoColumns && count > COLUMN_LENGTH ? (count + 1) / 2 : count)),
  );
}

export const neuronSize = (layout: Layout): number =>
  Math.max(MIN_TARGET, NEURON_SHARE * layout.row);

export const diagramHeight = ({ topology, row, twoColumns }: Layout): number =>
  rowCount(topology, twoColumns) * row;

/** The center of a neuron. */
export function neuronCenter(layout: Layout, layer: number, index: number): [number, number] {
  const { topology, row, width } = layout;
  const count = topology[layer] ?? 1;
  const x = (width * (layer + 0.5)) / topology.length;
  const twoColumns = layout.twoColumns && count > COLUMN_LENGTH;
  const step = twoColumns ? row / 2 : row;
  const aside = twoColumns ? ((index % 2) - 0.5) * row : 0;
  return [x + aside, diagramHeight(layout) / 2 + (index - (count - 1) / 2) * step];
}

/** The SVG path of a weight from one neuron to another. */
export function weightPath(layout: Layout, { layer, row, column }: WeightIndex): string {
  const [x1, y1] = neuronCenter(layout, layer, row);
  const [x2, y2] = neuronCenter(layout, layer + 1, column);
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

/** A painter for one canvas, which caches what frames share. */
export function makeNetworkPainter(canvas: HTMLCanvasElement, layout: Layout, background: Rgb) {
  const atlas = document.createElement("canvas");
  const scale = devicePixelRatio || 1;
  const [width, height] = [layout.width, diagramHeight(layout)];
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  const count = layout.topology.reduce((sum, one) => sum + one, 0);
  const ways = new Map<number, Path2D>();
  const side = neuronSize(layout);

  return function draw({ neurons, parameters }: NetworkNumbers, lit: WeightIndex | null): void {
    if (!context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const all = listParameters(layout.topology, parameters);
    const reach = all.reduce((most, one) => Math.max(most, Math.abs(one.value)), 1e-9);
    for (const one of all) {
      if (one.row < 0) continue;
      const path = ways.get(one.index) ?? new Path2D(weightPath(layout, one));
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
    paintHeatmap(atlas, neurons, pixels, background);
    let k = 0;
    layout.topology.forEach((size, layer) => {
      for (let index = 0; index < size; index += 1, k += 1) {
        const [x, y] = neuronCenter(layout, layer, index);
        context.save();
        context.beginPath();
        context.roundRect(x - side / 2, y - side / 2, side, side, CORNER_RADIUS);
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
      const [x, y] = neuronCenter(layout, one.layer + 1, one.column);
      const [left, top] = [x - side / 2 - BIAS_SIZE / 2, y + side / 2 - BIAS_SIZE / 2];
      context.fillStyle = css(background);
      context.fillRect(left - 1, top - 1, BIAS_SIZE + 2, BIAS_SIZE + 2);
      context.globalAlpha = 0.15 + 0.85 * Math.min(1, Math.abs(one.value) / reach);
      context.fillStyle = css(one.value < 0 ? NEGATIVE : POSITIVE);
      context.fillRect(left, top, BIAS_SIZE, BIAS_SIZE);
      context.globalAlpha = 1;
    }
  };
}
