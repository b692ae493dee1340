// The signal or the gradient of each layer over time, as a map: a row for each layer, the darker the
// larger, on a logarithmic scale.

import { css, mix, type Palette } from "./colors";

/** Sizes of each layer at some steps: `sizes[k]` belongs to `steps[k]`, in order. */
export interface Course {
  steps: number[];
  sizes: ArrayLike<number>[];
}

/** From the history's rows: signals (part 0) or gradients (part 1) along a way, where measured. */
export function courseOf(
  flows: Float32Array,
  layers: number,
  part: 0 | 1,
  way: readonly number[],
  stepOf: (i: number) => number,
): Course {
  const course: Course = { steps: [], sizes: [] };
  for (const i of way) {
    const start = (2 * i + part) * layers;
    if (!Number.isFinite(flows[start] ?? Number.NaN)) continue;
    course.steps.push(stepOf(i));
    course.sizes.push(flows.subarray(start, start + layers));
  }
  return course;
}

/** How many times a size fades on its way: more than 1 if it does, less if it grows. */
export function fading(sizes: ArrayLike<number>, part: 0 | 1): number {
  const [first, last] = [sizes[0] ?? 0, sizes[sizes.length - 1] ?? 0];
  return part === 0 ? first / last : last / first;
}

const DECADES = 3; // of sizes, at least, from paper to ink

/** A function from a size to the darkness that shows it, from 0 to 1. */
export function darkness(sizes: Iterable<ArrayLike<number>>): (size: number) => number {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const one of sizes)
    for (let k = 0; k < one.length; k += 1) {
      const size = one[k] ?? 0;
      if (!(size > 0) || !Number.isFinite(size)) continue;
      low = Math.min(low, size);
      high = Math.max(high, size);
    }
  const top = Math.log10(high);
  const span = Math.max(DECADES, top - Math.log10(low));
  return (size) =>
    size > 0 ? Math.min(1, Math.max(0, 1 + (Math.log10(size) - top) / span)) ** 1.25 : 0;
}

/** Paint the map from step 0 to `last`, with a line at the step that is looked at. */
export function paintFlow(
  canvas: HTMLCanvasElement,
  { steps, sizes }: Course,
  last: number,
  tone: (size: number) => number,
  palette: Palette,
  at: number | null = null,
): void {
  const scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const context = canvas.getContext("2d");
  const layers = sizes[0]?.length ?? 0;
  if (!context || !layers) return;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context.scale(scale, scale);
  const row = height / layers;
  // Each column shows the last size that was measured until its end.
  let k = 0;
  for (let x = 0; x < width; x += 1) {
    const until = (last * (x + 1)) / width;
    while (k + 1 < steps.length && (steps[k + 1] ?? 0) <= until) k += 1;
    for (let layer = 0; layer < layers; layer += 1) {
      context.fillStyle = css(mix(palette.undecided, palette.ink, tone(sizes[k]?.[layer] ?? 0)));
      context.fillRect(x, layer * row, 1, row - 1);
    }
  }
  if (at === null || last === 0) return;
  const x = Math.min(width - 1, (width * at) / last);
  context.fillStyle = css(palette.paper);
  context.fillRect(x - 2, 0, 5, height);
  context.fillStyle = css(palette.ink);
  context.fillRect(x, 0, 1, height);
}
