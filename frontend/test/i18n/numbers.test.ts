import { describe, expect, test } from "vitest";
import { editableNumber, readNumber, writeCost, writeNumber } from "../../src/i18n/numbers";

describe("numbers, as src/neurona/language.py writes and reads them", () => {
  test.each([
    [2500, "2,500", "2.500"],
    [-1234567, "-1.235·10⁶", "-1,235·10⁶"],
    [0, "0", "0"],
    [0.2499, "0.2499", "0,2499"],
    [0.25, "0.25", "0,25"],
    [18255.4, "18,255", "18.255"],
    [3.8e-5, "3.8·10⁻⁵", "3,8·10⁻⁵"],
    [1e-12, "1·10⁻¹²", "1·10⁻¹²"],
    [Number.NaN, "not a number", "no es un número"],
    [Number.NEGATIVE_INFINITY, "-∞", "-∞"],
  ])("%d is written", (value, en, es) => {
    expect([writeNumber(value, "en"), writeNumber(value, "es")]).toEqual([en, es]);
  });
  test.each([
    ["0,5", 0.5, 0.5],
    ["0.5", 0.5, 0.5],
    ["2.500", 2.5, 2500],
    ["2,500", 2500, 2.5],
    ["1.234.567", Number.NaN, 1234567],
    ["1,234.5", 1234.5, Number.NaN],
    [" 1e-7 ", 1e-7, 1e-7],
    ["0.500", 0.5, 0.5],
    ["5 kg", Number.NaN, Number.NaN],
    ["", Number.NaN, Number.NaN],
  ])("%s is read", (text, en, es) => {
    expect([readNumber(text, "en"), readNumber(text, "es")]).toEqual([en, es]);
  });
  test("a cost is written as the sentence writes it", () => {
    expect([0.25, 0.0174, 3.0395, 3.5e-5, 1200].map((one) => writeCost(one, "es"))).toEqual([
      "0,2500",
      "0,0174",
      "3,0395",
      "3,5·10⁻⁵",
      "1.200",
    ]);
  });
  test("what a field shows reads back as the same number", () => {
    for (const value of [0.5, 2500, 1e-7, 1234.5678, 0.001])
      for (const language of ["en", "es"] as const)
        expect(readNumber(editableNumber(value, language), language)).toBe(value);
  });
});
