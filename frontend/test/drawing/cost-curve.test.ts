import { expect, test } from "vitest";
import { branchIds, plotData } from "../../src/drawing/cost-curve";

test("each branch has two curves over one sorted axis", () => {
  const rows = new Float32Array([0, 1, 2, 0, 9, 0.5, Number.NaN, 0, 4, 0, 0.7, 1]);
  expect(branchIds(rows)).toEqual([0, 1]);
  const [steps, ...columns] = plotData(rows, [0, 1], true);
  expect(Array.from(steps as ArrayLike<number>)).toEqual([0, 4, 9]);
  expect(columns[0]).toEqual([1, null, 0.5]);
  expect(columns[1]?.[0]).toBe(2);
  expect(columns[1]?.[2]).toBeNull(); // no test cost
  expect(columns[2]).toEqual([null, null, null]); // 0 has no logarithm
});

test("a forgotten branch leaves no empty columns", () => {
  const rows = Float32Array.from([0, 1, Number.NaN, 0, 3, 0.5, Number.NaN, 700]);
  expect(branchIds(rows)).toEqual([0, 700]);
  const [, ...columns] = plotData(rows, branchIds(rows), false);
  expect(columns).toEqual([
    [1, null],
    [null, null],
    [null, 0.5],
    [null, null],
  ]);
});
