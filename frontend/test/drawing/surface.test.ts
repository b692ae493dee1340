import { describe, expect, test } from "vitest";
import { boundary, isDecided, type Predictions, predictionAt } from "../../src/drawing/surface";

const one = (bytes: number[], span: [number, number] = [0, 1], classes = 2): Predictions => ({
  bytes: Uint8Array.from(bytes),
  outputs: 1,
  span,
  classes,
});

describe("the boundary between two classes", () => {
  test("is where the prediction is one half", () => {
    const lines = boundary(one([0, 255, 0, 255])); // from left to right
    expect([...lines]).toEqual([0.5, 1, 0.5, 0]);
  });

  test("stands where the lowest row of bytes is at the bottom", () => {
    const [, y1 = 0, , y2 = 0] = boundary(one([0, 0, 255, 255], [0.4, 0.9]));
    expect(y1).toBeCloseTo(0.8); // a fifth of the way up
    expect(y2).toBeCloseTo(0.8);
  });

  test("is not drawn before the predictions differ by a tenth", () => {
    expect(isDecided(one([0, 255, 0, 255], [0.46, 0.55]))).toBe(false);
    expect(boundary(one([0, 255, 0, 255], [0.46, 0.55]))).toHaveLength(0);
    expect(boundary(one([0, 255, 0, 255], [0.44, 0.56]))).toHaveLength(4);
  });

  test("does not exist in a regression", () => {
    expect(boundary(one([0, 255, 0, 255], [-1, 1], 0))).toHaveLength(0);
  });
});

test("several classes meet where two of them are equally probable", () => {
  const thirds = [255, 128, 0, 255, 128, 0, 255, 128, 0];
  const middle = [0, 128, 255, 0, 128, 255, 0, 128, 255];
  const shown: Predictions = {
    bytes: Uint8Array.from([...thirds, ...middle, ...Array(9).fill(0)]),
    outputs: 3,
    span: [0, 1],
    classes: 3,
  };
  const xs = [...boundary(shown)].filter((_, i) => i % 2 === 0);
  expect(xs.length).toBeGreaterThan(0);
  for (const x of xs) expect(x).toBeCloseTo(0.5, 1);
});

test("a prediction is read between the points of the grid, to the digits of its span", () => {
  const flat = one([0, 255, 0, 255], [0.4989, 0.4999]);
  expect(predictionAt(flat, 0, 0)[0]).toBeCloseTo(0.4989, 6);
  expect(predictionAt(flat, 0.5, 0.7)[0]).toBeCloseTo(0.4994, 6);
  expect(predictionAt(flat, 2, -1)[0]).toBeCloseTo(0.4999, 6);
});
