import { expect, test } from "vitest";
import { courseOf, darkness, fading } from "../../src/drawing/flow";

test("a course holds what was measured along the way, and nothing else", () => {
  const unknown = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const flows = Float32Array.from([[1, 2, 3, 4], unknown, [5, 6, 7, 8]].flat());
  const course = courseOf(flows, 2, 1, [0, 1, 2], (i) => 10 * i);
  expect(course.steps).toEqual([0, 20]);
  expect(course.sizes.map((one) => Array.from(one))).toEqual([
    [3, 4],
    [7, 8],
  ]);
});

test("a signal fades forward, a gradient backward", () => {
  expect(fading([8, 4, 2], 0)).toBe(4);
  expect(fading([2, 4, 8], 1)).toBe(4);
});

test("the largest size is ink, and a thousandth of it is paper", () => {
  const tone = darkness([[1, 0.5]]);
  expect(tone(1)).toBe(1);
  expect(tone(1e-3)).toBe(0);
  expect(tone(0)).toBe(0);
  expect(tone(0.03)).toBeGreaterThan(tone(0.01));
  expect(darkness([[1, 1e-6]])(1e-3)).toBeGreaterThan(0.3); // and less where the range is wider
});
