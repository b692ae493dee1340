// Numbers as each language writes them: the rules of src/neurona/language.py.

import type { Language } from "./index";

const THOUSANDS = /^[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*$/;
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number with so many significant digits. Whole numbers keep all their digits; below 0.001 and
 * from a million on, a power of ten follows. */
export function writeNumber(value: number, language: Language, digits = 4): string {
  if (Number.isNaN(value)) return language === "en" ? "not a number" : "no es un número";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return inLanguage(grouped(String(value)), language);
  if (size >= 1e-3 && size < 1e6) {
    const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
    return inLanguage(grouped(withoutZeros(value.toFixed(places))), language);
  }
  const [mantissa = "", power = ""] = value.toExponential(digits - 1).split("e");
  return inLanguage(`${withoutZeros(mantissa)}·10${raised(Number(power))}`, language);
}

/** A cost as the sentence writes it: of a usual size with four decimals, so that it neither differs
 * from the sentence's nor changes its width at each step. */
export function writeCost(value: number, language: Language): string {
  const usual = value >= 0.001 && value < 100;
  return usual ? inLanguage(value.toFixed(4), language) : writeNumber(value, language);
}

/** A number as one types it: all its digits, no groups of thousands. */
export function editableNumber(value: number, language: Language): string {
  return language === "en" ? String(value) : String(value).replace(".", ",");
}

/** The number that a person wrote, with the decimal sign of either language; NaN if it is none. One
 * sign before groups of three digits is read as the language writes it: 2.500 is two thousand five
 * hundred in Spanish. A leading zero makes any sign a decimal sign. */
export function readNumber(text: string, language: Language): number {
  let given = text.trim();
  const [groups, decimal] = language === "en" ? [",", "."] : [".", ","];
  const parts = given.split(decimal);
  const whole = parts.length === 2 ? (parts[0] ?? "") : given;
  if (THOUSANDS.exec(whole)?.[1] === groups) given = given.replaceAll(groups, "");
  given = given.replaceAll(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given) ? Number(given) : Number.NaN;
}

function grouped(digits: string): string {
  const [whole = "", part] = digits.split(".");
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part === undefined ? groups : `${groups}.${part}`;
}

const withoutZeros = (digits: string) =>
  digits.includes(".") ? digits.replace(/0+$/, "").replace(/\.$/, "") : digits;

/** A power of ten as superscript digits. */
export const raised = (power: number) =>
  String(power).replace(/[-\d]/g, (one) => RAISED[Number(one)] ?? "⁻");

/** The signs of a number that was written in English. */
export function inLanguage(digits: string, language: Language): string {
  return language === "en" ? digits : digits.replace(/[.,]/g, (sign) => (sign === "." ? "," : "."));
}
