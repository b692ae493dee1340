// The points on the surface: filled for training, hollow for test, ringed where misclassified.

import type { Run } from "../server/messages";
import { CLASSES, css, diverging, NEGATIVE, POSITIVE, type Rgb } from "./colors";

const RADIUS = 6;
const RING_RADIUS = 10;

/** A painter for the points of one run, which are drawn once; only the rings change. */
export function makePointPainter(canvas: HTMLCanvasElement, run: Run, background: Rgb) {
  const context = canvas.getContext("2d");
  const size = canvas.width;
  const ink = getComputedStyle(canvas).color;
  const [left, right, bottom, top] = run.extent;
  const places = Array.from(run.labels, (_, i): [number, number] => [
    (size * ((run.points[2 * i] ?? 0) - left)) / (right - left),
    size - (size * ((run.points[2 * i + 1] ?? 0) - bottom)) / (top - bottom),
  ]);
  const canvasOfPoints = document.createElement("canvas");
  canvasOfPoints.width = canvasOfPoints.height = size;
  const pen = canvasOfPoints.getContext("2d");
  if (pen)
    places.forEach(([x, y], i) => {
      dot(pen, x, y, colorOf(run, i, background), background, run.test[i]);
    });
  let before: ArrayLike<number> | undefined | null = null;

  return function draw(wrong: ArrayLike<number> | undefined): void {
    if (!context || same(before, wrong)) return;
    before = wrong;
    context.clearRect(0, 0, size, size);
    context.drawImage(canvasOfPoints, 0, 0);
    context.strokeStyle = ink;
    context.lineWidth = 1.5;
    places.forEach(([x, y], i) => {
      if (!wrong?.[i]) return;
      context.beginPath();
      context.arc(x, y, RING_RADIUS, 0, 2 * Math.PI);
      context.stroke();
    });
  };
}

function colorOf(run: Run, i: number, background: Rgb): Rgb {
  const label = run.labels[i] ?? 0;
  if (run.classes === 0) return diverging(label, background);
  if (run.classes === 2) return label > 0.5 ? POSITIVE : NEGATIVE;
  return CLASSES[label] ?? NEGATIVE;
}

function dot(
  pen: CanvasRenderingContext2D,
  x: number,
  y: number,
  color: Rgb,
  background: Rgb,
  hollow: number | undefined,
): void {
  pen.beginPath();
  pen.arc(x, y, RADIUS, 0, 2 * Math.PI);
  pen.fillStyle = css(hollow ? background : color);
  pen.strokeStyle = css(hollow ? color : background);
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
