// The network diagram on a canvas: weights as lines, neurons as pictures.

import { listParameters } from "../state/parameters";
import { css, type Palette } from "./colors";
import { makeNeuronPainter } from "./neurons";

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

/** The minimum width of a layer in pixels: eight hidden ones fit beside the picture, five on a
 * phone. */
export const LAYER_WIDTH = 48;

const NEURON_SHARE = 0.84; // of a row's height
const MIN_TARGET = 24; // pixels, for a pointer
const INPUT_SHARE = 0.7; // of the first column: where its neurons stand
const COLUMN_LENGTH = 8; // neurons in one column; more alternate between two
/** The height of the diagram in a low window. */
const HEIGHT = 208;
const ROW = { most: 44, twoColumns: 30, least: 26 };
const SIZES = 6; // of weights, from hairlines to bands

/** As large as the tallest layer allows in `room` pixels. Touch and numbers beside the neurons need more room: then
 * every layer is one column, however tall. */
export function layoutNetwork(
  topology: number[],
  width: number,
  finger: boolean,
  numbers: boolean,
  room = HEIGHT,
): Layout {
  const twoColumns = !finger && !numbers;
  const most = twoColumns && Math.max(...topology) > COLUMN_LENGTH ? ROW.twoColumns : ROW.most;
  const row = Math.min(most, Math.floor(room / rowCount(topology, twoColumns)));
  return { topology, width, twoColumns, row: finger ? ROW.most : Math.max(ROW.least, row) };
}

/** The number of rows of the tallest layer. */
function rowCount(topology: number[], twoColumns: boolean): number {
  return Math.max(
    ...topology.map((count) =>
      twoColumns && count > COLUMN_LENGTH ? Math.ceil(count / 2) : count,
    ),
  );
}

export const neuronSize = (layout: Layout): number =>
  Math.max(MIN_TARGET, NEURON_SHARE * layout.row);

export const diagramHeight = ({ topology, row, twoColumns }: Layout): number =>
  rowCount(topology, twoColumns) * row;

/** Whether the neurons of a layer alternate between two columns. */
export const isSplit = ({ topology, twoColumns }: Layout, layer: number): boolean =>
  twoColumns && (topology[layer] ?? 1) > COLUMN_LENGTH;

/** The center of a neuron. */
export function neuronCenter(layout: Layout, layer: number, index: number): [number, number] {
  const { topology, row, width } = layout;
  const count = topology[layer] ?? 1;
  // The inputs' names stand to their left.
  const x = (width * (layer + (layer === 0 ? INPUT_SHARE : 0.5))) / topology.length;
  const twoColumns = isSplit(layout, layer);
  const rows = twoColumns ? Math.ceil(count / 2) : count;
  const at = twoColumns ? index >> 1 : index;
  const aside = twoColumns ? ((index % 2) - 0.5) * row : 0;
  return [x + aside, diagramHeight(layout) / 2 + (at - (rows - 1) / 2) * row];
}

/** A weight's line: from the right border of one neuron to the left one of another, and the middle
 * where it bends. */
function weightCurve(layout: Layout, { layer, row, column }: WeightIndex): number[] {
  const half = neuronSize(layout) / 2;
  const [x1, y1] = neuronCenter(layout, layer, row);
  const [x2, y2] = neuronCenter(layout, layer + 1, column);
  return [x1 + half, y1, (x1 + x2) / 2, x2 - half, y2];
}

/** The same as a path of SVG. */
export function weightPath(layout: Layout, weight: WeightIndex): string {
  const [x1, y1, middle, x2, y2] = weightCurve(layout, weight);
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

/** A painter for one canvas, which caches what frames share. */
export function makeNetworkPainter(canvas: HTMLCanvasElement, layout: Layout, palette: Palette) {
  const atlas = document.createElement("canvas");
  const scale = devicePixelRatio || 1;
  const { topology, width } = layout;
  const height = diagramHeight(layout);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  const paintNeurons = makeNeuronPainter(topology, palette);
  const side = neuronSize(layout);
  const lines = listParameters(topology, undefined)
    .filter(({ row }) => row >= 0)
    .map((one) => ({ ...one, curve: weightCurve(layout, one) }));
  const neurons = topology.flatMap((count, layer) =>
    Array.from({ length: count }, (_, index) => neuronCenter(layout, layer, index)),
  );
  const ends = [css(palette.classes[0] ?? palette.ink), css(palette.classes[1] ?? palette.ink)];
  // Weights of one sign and about one size are one stroke: there may be a thousand of them.
  const buckets = Array.from({ length: 2 * SIZES }, (): number[] => []);

  return function draw(shown: NetworkNumbers, lit: WeightIndex | null): void {
    if (!context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    let reach = 1e-9;
    for (const { index } of lines) reach = Math.max(reach, Math.abs(shown.parameters[index] ?? 0));
    for (const one of buckets) one.length = 0;
    lines.forEach(({ index }, k) => {
      const value = shown.parameters[index] ?? 0;
      const size = Math.min(SIZES - 1, Math.floor((SIZES * Math.abs(value)) / reach));
      buckets[2 * size + (value < 0 ? 0 : 1)]?.push(k);
    });
    const trace = (k: number) => {
      const [x1 = 0, y1 = 0, middle = 0, x2 = 0, y2 = 0] = lines[k]?.curve ?? [];
      context.moveTo(x1, y1);
      context.bezierCurveTo(middle, y1, middle, y2, x2, y2);
    };
    buckets.forEach((members, bucket) => {
      if (!members.length) return;
      const share = ((bucket >> 1) + 0.5) / SIZES;
      context.globalAlpha = 0.2 + 0.6 * share;
      context.lineWidth = 0.4 + 2.6 * share;
      context.strokeStyle = ends[bucket & 1] ?? "";
      context.beginPath();
      members.forEach(trace);
      context.stroke();
    });
    context.globalAlpha = 1;
    const chosen = lit
      ? lines.findIndex(
          ({ layer, row, column }) =>
            layer === lit.layer && row === lit.row && column === lit.column,
        )
      : -1;
    if (chosen >= 0) {
      context.lineWidth = 3;
      context.strokeStyle = css(palette.ink);
      context.setLineDash([6, 3]);
      context.beginPath();
      trace(chosen);
      context.stroke();
      context.setLineDash([]);
    }
    paintNeurons(atlas, shown.neurons);
    const pixels = atlas.width;
    context.lineWidth = 1;
    context.strokeStyle = css(palette.edge);
    neurons.forEach(([x, y], k) => {
      const [left, top] = [x - side / 2, y - side / 2];
      context.drawImage(atlas, 0, k * pixels, pixels, pixels, left, top, side, side);
      context.strokeRect(left, top, side, side);
    });
  };
}
