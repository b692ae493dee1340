import { expect, test } from "vitest";
import { isNameBelow, range, ticksOf } from "../../src/drawing/cost-curve";

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

test("the trivial answer's name stands where no curve is", () => {
  const room = { from: 70, high: 15 };
  const falls = [...Array(101).keys()].map((x) => [x, -x / 2] as const);
  const rises = falls.map(([x]) => [x, x / 12] as const);
  const high = falls.map(([x]) => [x, 40] as const);
  expect(isNameBelow([falls], room)).toBe(false); // above, and the curve ends far below
  expect(isNameBelow([rises], room)).toBe(true);
  expect(isNameBelow([falls, rises], room)).toBe(true); // a test cost above the line
  expect(isNameBelow([falls, high], room)).toBe(false);
  expect(isNameBelow([falls.map(([x]) => [x, 0] as const)], room)).toBe(true); // stuck on the line
});
