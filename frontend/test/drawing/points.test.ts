import { expect, test } from "vitest";
import { same } from "../../src/drawing/points";

const marks = (lines: number[], wrong?: number[]) => ({
  lines: Float32Array.from(lines),
  wrong: wrong && Uint8Array.from(wrong),
});

test("marks are drawn again where an eye can tell", () => {
  const least = 0.25 / 500;
  const drawn = marks([0.1, 0.2, 0.3, 0.4], [0, 1, 0]);
  expect(same(drawn, marks([0.1, 0.2, 0.3004, 0.4], [0, 1, 0]), least)).toBe(true);
  expect(same(drawn, marks([0.1, 0.2, 0.3006, 0.4], [0, 1, 0]), least)).toBe(false);
  expect(same(drawn, marks([0.1, 0.2, 0.3, 0.4], [0, 1, 1]), least)).toBe(false);
  expect(same(drawn, marks([0.1, 0.2, 0.3, 0.4]), least)).toBe(false);
  expect(same(drawn, marks([], [0, 1, 0]), least)).toBe(false);
  expect(same(marks([]), marks([]), least)).toBe(true);
});
