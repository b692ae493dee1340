// The cost by step: curves, a dashed line at the cost of the trivial answer, and few ticks.

import { css, type Palette, type Rgb } from "./colors";

export interface Curve {
  steps: number[];
  costs: number[];
  color: Rgb;
  width: number;
  faint?: boolean;
  dashes?: number[];
}
export interface Plot {
  curves: Curve[];
  /** The step at the right end. */
  last: number;
  log: boolean;
  /** The best that a constant can do, and what it is called; it always has a tick. */
  trivial: { cost: number; name: string } | null;
  /** The step that is looked at, if it is not the last. */
  at: number | null;
  stepName: string;
  write(value: number): string;
}

/** Where the axis begins, in rem: the slider below begins there too. */
export const LEFT = 3.25;
const BOTTOM = 1.5; // rem, for the steps
const TOP = 0.5;
const NAMED = 1.25; // sizes of its letters, for a name above a line

/** The lowest and the highest cost of the axis: whole decades, or zero and a round number. */
export function range(costs: Iterable<number>, log: boolean): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const cost of costs) {
    if (!Number.isFinite(cost) || (log && cost <= 0)) continue;
    low = Math.min(low, cost);
    high = Math.max(high, cost);
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) {
    const from = Math.floor(Math.log10(low) + 1e-6);
    return [powerOfTen(from), powerOfTen(Math.max(from + 1, Math.ceil(Math.log10(high) - 1e-6)))];
  }
  const power = Math.floor(Math.log10(Math.max(high, 1e-12)));
  const digit = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => one * 10 ** power >= high * 0.999);
  return [Math.min(0, low), Number(`${digit ?? 10}e${power}`)];
}

/** The costs that have a tick, from the range's ends inwards; at most so many. */
export function ticksOf([low, high]: [number, number], log: boolean, most: number): number[] {
  if (!log) return [low, high];
  const [from, to] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
  const stride = Math.max(1, Math.ceil((to - from) / Math.max(1, most - 1)));
  const ticks: number[] = [];
  for (let power = to; power >= from; power -= stride) ticks.push(powerOfTen(power));
  return ticks;
}

/** Whether the name of a line at height 0 stands below it: where all curves end on the line or above
 * it, or one runs through the name's room above. */
export function isNameBelow(
  paths: (readonly [x: number, up: number])[][],
  { from, high }: { from: number; high: number },
): boolean {
  const ends = paths.map((path) => path.at(-1)?.[1] ?? Number.NaN);
  return (
    ends.every((up) => !(up < -4)) ||
    paths.some((path) => path.some(([x, up]) => x > from && up > 1 && up < high))
  );
}

export function paintCosts(canvas: HTMLCanvasElement, plot: Plot, palette: Palette): void {
  const scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const pen = canvas.getContext("2d");
  if (!pen || width === 0) return;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  pen.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const size = Number.parseFloat(style.fontSize);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  pen.font = `${style.fontSize} ${style.fontFamily}`;
  const [left, bottom] = [LEFT * rem, height - BOTTOM * rem];
  let top = TOP * rem;
  const { log, trivial, last } = plot;
  const costs = plot.curves.flatMap((curve) => curve.costs);
  const [low, high] = range(trivial ? [...costs, trivial.cost] : costs, log);
  const scaled = (cost: number) => (log ? Math.log(cost) : cost);
  const x = (step: number) => left + ((width - left - 4) * step) / Math.max(1, last);
  const y = (cost: number) =>
    bottom - ((bottom - top) * (scaled(cost) - scaled(low))) / (scaled(high) - scaled(low));

  pen.textBaseline = "middle";
  pen.textAlign = "right";
  // The name of the trivial answer has room above its line.
  if (trivial) top += Math.max(0, NAMED * size - y(trivial.cost));
  const own = trivial ? y(trivial.cost) : Number.NaN;
  for (const tick of ticksOf([low, high], log, Math.floor((bottom - top) / (1.75 * size)) + 1)) {
    const at = Math.round(y(tick));
    pen.fillStyle = css(palette.line);
    pen.fillRect(left, at, width - left, 1);
    pen.fillStyle = css(palette.soft);
    if (!(Math.abs(at - own) < 1.1 * size)) pen.fillText(plot.write(tick), left - 8, at);
  }
  if (trivial) {
    const at = Math.round(own);
    pen.fillStyle = css(palette.ink);
    pen.fillText(plot.write(trivial.cost), left - 8, at);
    pen.fillRect(left - 5, at, 5, 1);
    pen.strokeStyle = css(palette.soft);
    pen.lineWidth = 1;
    pen.setLineDash([5, 3]);
    pen.beginPath();
    pen.moveTo(left, at + 0.5);
    pen.lineTo(width, at + 0.5);
    pen.stroke();
    // No tick's line runs through its name.
    const wide = pen.measureText(trivial.name).width + 4;
    const paths = plot.curves.map((curve) =>
      curve.costs.map((cost, i) => [x(curve.steps[i] ?? 0), own - y(cost)] as const),
    );
    const below = isNameBelow(paths, { from: width - wide, high: NAMED * size });
    const middle = own + (below ? 0.85 : -0.75) * size;
    pen.fillStyle = css(palette.paper);
    pen.fillRect(width - wide, middle - size / 2, wide, size);
    pen.fillStyle = css(palette.soft);
    pen.fillText(trivial.name, width, middle);
  }
  pen.save();
  pen.beginPath();
  pen.rect(left - 1, 0, width - left + 1, bottom + 2);
  pen.clip();
  pen.lineJoin = "round";
  for (const curve of plot.curves) {
    pen.globalAlpha = curve.faint ? 0.35 : 1;
    pen.strokeStyle = css(curve.color);
    pen.lineWidth = curve.width;
    pen.setLineDash(curve.dashes ?? []);
    pen.beginPath();
    curve.costs.forEach((cost, i) => {
      if (Number.isFinite(cost) && !(log && cost <= 0)) pen.lineTo(x(curve.steps[i] ?? 0), y(cost));
    });
    pen.stroke();
  }
  pen.restore();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
  if (plot.at !== null) {
    pen.fillStyle = css(palette.ink);
    pen.fillRect(Math.round(x(plot.at)), top, 1, bottom - top);
  }
  pen.fillStyle = css(palette.soft);
  pen.fillText(`${plot.write(last)} ${plot.stepName}`, width, height - 0.5 * rem);
  pen.textAlign = "left";
  pen.fillText("0", left, height - 0.5 * rem);
}

/** Exactly: not every browser computes 10 ** -5 so. */
function powerOfTen(power: number): number {
  return Number(`1e${power}`);
}
