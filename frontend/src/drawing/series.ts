// The picture of a network on series: the series as a line, and below it the states of a recurrence, a
// row for each unit, over the same steps. Blue is positive, orange negative.

import type { DrawnLayer } from "../server/messages";
import { type Channel, channelsOf, mapOf, overTime, reachOf, sidesOf } from "../state/images";
import { css, type Palette, type Rgb } from "./colors";
import { colorOf, paintNumbers } from "./maps";

/** The share of the height that the line takes above the states. */
export const LINE_SHARE = 0.5;
const LEAST_REACH = 1.2; // of the line's axis: numbers within ±1 do not touch its ends

export interface SeriesPicture {
  layers: readonly DrawnLayer[];
  maps: ArrayLike<number>;
  /** Whose states are shown; 0 for none. */
  layer: number;
  /** A unit whose states are drawn as a line too. */
  unit: Channel | null;
  step: number;
}

export function paintSeries(
  canvas: HTMLCanvasElement,
  { width, height }: { width: number; height: number },
  { layers, maps, layer, unit, step }: SeriesPicture,
  palette: Palette,
): void {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  const [series, states] = [layers[0], layers[layer]];
  if (!context || !series) return;
  context.scale(scale, scale);
  context.fillStyle = css(palette.paper);
  context.fillRect(0, 0, width, height);
  const shown = states && layer > 0 && overTime(states);
  const plot = { x: 0, y: 0, width, height: shown ? height * LINE_SHARE : height };
  context.strokeStyle = css(palette.line);
  context.beginPath();
  context.moveTo(0, plot.height / 2);
  context.lineTo(width, plot.height / 2);
  context.stroke();
  const values = mapOf(layers, maps, { layer: 0, channel: 0 });
  const reach = Math.max(LEAST_REACH, 1.1 * reachOf(layers, maps, 0));
  if (unit) paintLine(context, mapOf(layers, maps, unit), reach, plot, palette.edge, [4, 3]);
  paintLine(context, values, reach, plot, palette.ink);
  values.forEach((value, t) => {
    const [x, y] = placeOf(t, value, values.length, reach, plot);
    context.beginPath();
    context.arc(x, y, t === step ? 6 : 3.5, 0, 2 * Math.PI);
    context.fillStyle = css(palette.classes[value < 0 ? 0 : 1] ?? palette.ink);
    context.fill();
    context.strokeStyle = css(palette.paper);
    context.stroke();
  });
  if (!shown) return;
  const count = channelsOf(states);
  const largest = reachOf(layers, maps, layer);
  const high = (height - plot.height) / count;
  for (let channel = 0; channel < count; channel += 1) {
    const area = { x: 0, y: plot.height + channel * high, width, height: high };
    paintNumbers(context, mapOf(layers, maps, { layer, channel }), sidesOf(states), area, (value) =>
      colorOf(states.kind, value, largest, palette),
    );
  }
}

/** The middle of a step, and the height of its number. */
function placeOf(
  t: number,
  value: number,
  steps: number,
  reach: number,
  { width, height }: { width: number; height: number },
): [number, number] {
  return [((t + 0.5) * width) / steps, (height / 2) * (1 - value / reach)];
}

function paintLine(
  context: CanvasRenderingContext2D,
  values: Float32Array,
  reach: number,
  plot: { width: number; height: number },
  color: Rgb,
  dashes: number[] = [],
): void {
  context.strokeStyle = css(color);
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.setLineDash(dashes);
  context.beginPath();
  values.forEach((value, t) => {
    context.lineTo(...placeOf(t, value, values.length, reach, plot));
  });
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = 1;
}
