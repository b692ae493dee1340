import { expect, test } from "vitest";
import { range, ticksOf } from "../../src/drawing/cost-curve";

test("a logarithmic axis has whole decades, so that 0.25 stands between 0.1 and 1", () => {
  expect(range([0.25, 0.2499], true)).toEqual([0.1, 1]);
  expect(range([0.25, 3e-5, 0, Number.NaN], true)).toEqual([1e-5, 1]);
  expect(range([1], true)).toEqual([1, 10]);
  expect(range([Number.POSITIVE_INFINITY], true)).toEqual([0.1, 1]);
});

test("a plain axis begins at zero and ends at a round number", () => {
  expect(range([0.29, 0.25], false)).toEqual([0, 0.3]);
  expect(range([0.7], false)).toEqual([0, 0.8]);
  expect(range([42], false)).toEqual([0, 50]);
  expect(range([-0.5, 1], false)).toEqual([-0.5, 1]);
});

test("as many ticks are drawn as fit", () => {
  expect(ticksOf([1e-2, 1], true, 5)).toEqual([1, 0.1, 0.01]);
  expect(ticksOf([1e-6, 1], true, 3)).toEqual([1, 1e-3, 1e-6]);
  expect(ticksOf([0, 0.5], false, 3)).toEqual([0, 0.5]);
});
