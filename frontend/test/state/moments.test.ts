import { expect, test } from "vitest";
import { branchIds, lastStep, nearest, stepAt, wayTo } from "../../src/state/moments";

const NONE = Number.NaN;
// Branch 0 goes to step 9; branch 1 leaves it at step 4, and branch 2 leaves that one at step 6.
const ROWS = Float32Array.from(
  [
    [0, 1, NONE, 0],
    [4, 0.7, NONE, 0],
    [9, 0.5, NONE, 0],
    [4, 0.7, NONE, 1],
    [6, 0.4, NONE, 1],
    [8, 0.3, NONE, 1],
    [6, 0.4, NONE, 2],
    [7, 0.1, NONE, 2],
  ].flat(),
);

test("the way to a branch goes over those that it left", () => {
  const steps = (branch: number) => wayTo(ROWS, branch).map((i) => stepAt(ROWS, i));
  expect(steps(0)).toEqual([0, 4, 9]);
  expect(steps(1)).toEqual([0, 4, 6, 8]);
  expect(wayTo(ROWS, 2)).toEqual([0, 3, 6, 7]);
  expect(wayTo(ROWS, 5)).toEqual([]);
});

test("branches are known by their ids, and the axis reaches the last step of all", () => {
  expect(branchIds(ROWS)).toEqual([0, 1, 2]);
  expect(lastStep(ROWS)).toBe(9);
  expect(lastStep(new Float32Array())).toBe(0);
});

test("the slider finds the nearest moment of the way", () => {
  expect(nearest(ROWS, wayTo(ROWS, 2), 5.2)).toBe(6);
  expect(nearest(ROWS, wayTo(ROWS, 2), 100)).toBe(7);
  expect(nearest(ROWS, [], 3)).toBe(-1);
});
