// What stands on the plane: the lines between classes, and the points. A training point is filled, a
// test point hollow, a wrong one has a ring of ink. A ring of paper keeps each from its ground.

import type { Run } from "../server/messages";
import { classColor, css, diverging, type Palette, type Rgb } from "./colors";

/** The part that changes from picture to picture. */
export interface Marks {
  wrong: ArrayLike<number> | undefined;
  /** Pairs of points, x and y from 0 to 1: see `boundary`. */
  lines: Float32Array;
}

/** Pixels that a line may have moved since it was drawn: so far it shakes by the rounding to bytes. */
const UNSEEN = 0.5;

const NONE: Marks = { wrong: undefined, lines: new Float32Array() };

/** A painter for the points of one run on a canvas `size` pixels wide. Points are drawn once. */
export function makePointPainter(
  canvas: HTMLCanvasElement,
  run: Run,
  palette: Palette,
  size: number,
) {
  const scale = devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(size * scale);
  const context = canvas.getContext("2d");
  const radius = pointRadius(size);
  const [left, right, bottom, top] = run.extent;
  const places = Array.from(run.labels, (_, i): [number, number] => [
    (size * ((run.points[2 * i] ?? 0) - left)) / (right - left),
    size - (size * ((run.points[2 * i + 1] ?? 0) - bottom)) / (top - bottom),
  ]);
  const still = document.createElement("canvas");
  still.width = still.height = canvas.width;
  const pen = still.getContext("2d");
  pen?.scale(scale, scale);
  if (pen)
    places.forEach(([x, y], i) => {
      dot(pen, x, y, radius, colorOf(run, i, palette), palette.paper, run.test[i] === 1);
    });
  let before: Marks | null = null;

  return function draw(marks: Marks = NONE): void {
    if (!context || (before && same(before, marks, UNSEEN / size))) return;
    before = marks;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalCompositeOperation = "copy"; // nothing is left of the last drawing
    context.drawImage(still, 0, 0);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.globalCompositeOperation = "destination-over"; // lines are below points
    context.strokeStyle = css(palette.ink);
    context.lineWidth = 1;
    context.beginPath();
    const { lines, wrong } = marks;
    for (let i = 0; i + 3 < lines.length; i += 4) {
      context.moveTo((lines[i] ?? 0) * size, (lines[i + 1] ?? 0) * size);
      context.lineTo((lines[i + 2] ?? 0) * size, (lines[i + 3] ?? 0) * size);
    }
    context.stroke();
    context.globalCompositeOperation = "source-over";
    context.lineWidth = size < SMALL ? 1 : 1.5;
    context.beginPath();
    const ring = radius + (size < SMALL ? 1 : 2.5);
    places.forEach(([x, y], i) => {
      if (!wrong?.[i]) return;
      context.moveTo(x + ring, y);
      context.arc(x, y, ring, 0, 2 * Math.PI);
    });
    context.stroke();
  };
}

const SMALL = 200; // pixels: a picture beside a tool, on a phone

/** The radius of a point on a picture so many pixels wide. */
export const pointRadius = (size: number): number => (size < SMALL ? 1.5 : Math.max(3, size / 150));

function colorOf(run: Run, i: number, palette: Palette): Rgb {
  const label = run.labels[i] ?? 0;
  return run.classes === 0
    ? diverging(label, palette.classes, palette)
    : classColor(palette, label);
}

function dot(
  pen: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  color: Rgb,
  paper: Rgb,
  hollow: boolean,
): void {
  const ring = hollow ? 1.75 : 0; // of the color, inside the point
  pen.beginPath();
  pen.arc(x, y, radius + 1, 0, 2 * Math.PI);
  pen.fillStyle = css(paper);
  pen.fill();
  pen.beginPath();
  pen.arc(x, y, radius - ring / 2, 0, 2 * Math.PI);
  pen.fillStyle = pen.strokeStyle = css(color);
  pen.lineWidth = ring;
  if (hollow) pen.stroke();
  else pen.fill();
}

/** Whether the marks are the same, but for lines that have moved by `least` or less. */
export function same(one: Marks, other: Marks, least: number): boolean {
  return sameNumbers(one.wrong, other.wrong, 0) && sameNumbers(one.lines, other.lines, least);
}

function sameNumbers(
  one: ArrayLike<number> | undefined,
  other: ArrayLike<number> | undefined,
  least: number,
): boolean {
  if (!one || !other) return one === other;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i += 1)
    if (!(Math.abs((one[i] ?? 0) - (other[i] ?? 0)) <= least)) return false;
  return true;
}
