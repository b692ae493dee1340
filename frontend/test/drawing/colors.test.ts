import { expect, test } from "vitest";
import { diverging, type Palette, rgb } from "../../src/drawing/colors";

const black = rgb("#000000");
const palette: Palette = {
  ...{ paper: rgb("#fcfcfa"), ink: black, soft: black, edge: black, line: black },
  ...{ undecided: rgb("#f1f1ee"), classes: [rgb("#b84a00"), rgb("#0a5c9e")], grounds: [] },
};

test("colors run from class 0 through the undecided ground to class 1", () => {
  const color = (value: number) => diverging(value, palette.classes, palette);
  expect(color(0)).toEqual(palette.undecided);
  expect(color(1)).toEqual([10, 92, 158]);
  expect(color(-1)).toEqual([184, 74, 0]);
  expect(color(-7)).toEqual(color(-1));
  expect(color(0.5)[2]).toBeGreaterThan(color(0.5)[0]);
});

test("only a code of six digits is a color", () => {
  expect(rgb(" #B84a00 ")).toEqual([184, 74, 0]);
  expect(rgb("red")).toEqual([0, 0, 0]);
});
