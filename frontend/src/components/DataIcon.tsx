// The icon of a data set: some of its points.

import { classPaint } from "../drawing/colors";

// [x, y, class] in a square of 24.
const MARKS: Record<string, [number, number, number][]> = {
  circles: ring(8, 0).concat(ring(3.5, 1)),
  moons: arc(9, 12, Math.PI, 0).concat(arc(15, 11, 0, 1)),
  xor: [
    [7, 7, 0],
    [17, 17, 0],
    [17, 7, 1],
    [7, 17, 1],
  ],
  gaussians: [
    [8, 8, 0],
    [6, 11, 0],
    [10, 6, 0],
    [16, 16, 1],
    [18, 13, 1],
    [14, 18, 1],
  ],
  spirals: spiral(0, 0).concat(spiral(Math.PI, 1)),
  blobs: [
    [6, 17, 0],
    [9, 18, 0],
    [12, 6, 1],
    [14, 8, 1],
    [17, 17, 2],
    [19, 15, 2],
  ],
  plane: [
    [5, 19, 0],
    [10, 14, 0],
    [14, 10, 1],
    [19, 5, 1],
  ],
  wave: [
    [4, 12, 0],
    [8, 6, 1],
    [12, 12, 0],
    [16, 18, 0],
    [20, 12, 1],
  ],
  memory: [[4, 5, 1]],
  own: [
    [8, 16, 0],
    [15, 8, 1],
  ],
};

function ring(radius: number, label: number): [number, number, number][] {
  return Array.from({ length: 8 }, (_, i) => {
    const angle = (i * Math.PI) / 4;
    return [12 + radius * Math.cos(angle), 12 + radius * Math.sin(angle), label];
  });
}

function arc(x: number, y: number, from: number, label: number): [number, number, number][] {
  return Array.from({ length: 5 }, (_, i) => {
    const angle = from + (i * Math.PI) / 4;
    return [x + 6 * Math.cos(angle), y + 6 * Math.sin(angle), label];
  });
}

function spiral(turn: number, label: number): [number, number, number][] {
  return Array.from({ length: 7 }, (_, i) => {
    const angle = turn + i * 0.75;
    return [12 + (1 + 1.5 * i) * Math.cos(angle), 12 + (1 + 1.5 * i) * Math.sin(angle), label];
  });
}

// The ink of a seven, in squares.
const SEVEN = ["1111", "0011", "0110", "0100"];

// A number to remember, and noise after it.
const LINE = "M4 5L7.5 13 11 10 14 14 17 11 20 13";

export function DataIcon({ kind }: { kind: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      {kind === "digits" &&
        SEVEN.flatMap((row, i) =>
          [...row].map(
            (ink, j) =>
              ink === "1" && (
                <rect x={4 + 4 * j} y={4 + 4 * i} width="4" height="4" fill="currentColor" />
              ),
          ),
        )}
      {kind === "memory" && <path d={LINE} fill="none" stroke="currentColor" stroke-width="1.5" />}
      {(MARKS[kind] ?? []).map(([x, y, label]) => (
        <circle cx={x} cy={y} r="1.7" fill={classPaint(label)} />
      ))}
    </svg>
  );
}
