// The points on the surface: of the training, of the test, and which of them are taken for others.

import { CLASSES, css, diverging, NEGATIVE, POSITIVE, type Rgb } from "./colors";
import type { Run } from "./store";

const RADIUS = 6;
const RING = 10;

/** A painter of one run's points. They are drawn once, and what changes are the rings. */
export function makePoints(canvas: HTMLCanvasElement, run: Run, ground: Rgb) {
  const context = canvas.getContext("2d");
  const size = canvas.width;
  const ink = getComputedStyle(canvas).color;
  const [left, right, bottom, top] = run.extent;
  const places = Array.from(run.labels, (_, i): [number, number] => [
    (size * ((run.points[2 * i] ?? 0) - left)) / (right - left),
    size - (size * ((run.points[2 * i + 1] ?? 0) - bottom)) / (top - bottom),
  ]);
  const still = document.createElement("canvas");
  still.width = still.height = size;
  const pen = still.getContext("2d");
  if (pen)
    places.forEach(([x, y], i) => dot(pen, x, y, colorOf(run, i, ground), ground, run.test[i]));
  let before: ArrayLike<number> | undefined | null = null;

  return function draw(wrong: ArrayLike<number> | undefined): void {
    if (!context || same(before, wrong)) return;
    before = wrong;
    context.clearRect(0, 0, size, size);
    context.drawImage(still, 0, 0);
    context.strokeStyle = ink;
    context.lineWidth = 1.5;
    places.forEach(([x, y], i) => {
      if (!wrong?.[i]) return;
      context.beginPath();
      context.arc(x, y, RING, 0, 2 * Math.PI);
      context.stroke();
    });
  };
}

function colorOf(run: Run, i: number, ground: Rgb): Rgb {
  const label = run.labels[i] ?? 0;
  if (run.classes === 0) return diverging(label, ground);
  if (run.classes === 2) return label > 0.5 ? POSITIVE : NEGATIVE;
  return CLASSES[label] ?? NEGATIVE;
}

function dot(
  pen: CanvasRenderingContext2D,
  x: number,
  y: number,
  color: Rgb,
  ground: Rgb,
  hollow: number | undefined,
): void {
  pen.beginPath();
  pen.arc(x, y, RADIUS, 0, 2 * Math.PI);
  pen.fillStyle = css(hollow ? ground : color);
  pen.strokeStyle = css(hollow ? color : ground);
  pen.lineWidth = hollow ? 3 : 2;
  pen.fill();
  pen.stroke();
}

function same(one: ArrayLike<number> | undefined | null, other: ArrayLike<number> | undefined) {
  if (!one || !other) return one === other;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i += 1) if (one[i] !== other[i]) return false;
  return true;
}
