import { expect, test } from "vitest";
import { CLASSES, diverging, NEGATIVE, POSITIVE } from "../../src/drawing/colors";

test("colors run from orange through the background to blue", () => {
  const background = [240, 240, 240] as const;
  expect(diverging(0, background)).toEqual(background);
  const [red, , blue] = diverging(1, background);
  expect(blue).toBeGreaterThan(red);
  expect(diverging(-1, background)[0]).toBeGreaterThan(diverging(-1, background)[2]);
  expect(diverging(-7, background)).toEqual(diverging(-1, background));
  expect(CLASSES.slice(0, 2)).toEqual([NEGATIVE, POSITIVE]);
});
