import { expect, test } from "vitest";
import { listParameters } from "../../src/state/parameters";

test("parameters are listed by layer, W before b", () => {
  const all = listParameters([2, 1, 1], [10, 11, 12, 13, 14]);
  expect(all.map(({ layer, row, column, value }) => [layer, row, column, value])).toEqual([
    [0, 0, 0, 10],
    [0, 1, 0, 11],
    [0, -1, 0, 12],
    [1, 0, 0, 13],
    [1, -1, 0, 14],
  ]);
});
