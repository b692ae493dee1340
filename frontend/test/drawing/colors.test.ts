import { expect, test } from "vitest";
import { diverging, type Palette, readableOn, rgb } from "../../src/drawing/colors";

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

test("letters stand out on every color", () => {
  const light = ([red, green, blue]: readonly number[]) => {
    const part = (byte = 0) =>
      byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  for (let k = 0; k <= 100; k += 1) {
    const ground = diverging(k / 50 - 1, palette.classes, palette);
    const [one, other] = [light(rgb(readableOn(ground))), light(ground)].sort((a, b) => b - a);
    expect(((one ?? 0) + 0.05) / ((other ?? 0) + 0.05)).toBeGreaterThanOrEqual(4.5);
  }
});
