// Formulas as trees of MathML, with the numbers in them.

import { raised } from "../i18n/numbers";
import type { NumberSource } from "../state/microscope";

export interface MathNode {
  tag: string;
  text?: string;
  children?: MathNode[];
  value?: number;
  source?: NumberSource;
  breakable?: boolean; // a sum that may wrap before each term
}
/** `left = side = side …`, from symbols to the number; an arrow makes it an assignment. */
export interface Equation {
  left: MathNode;
  sides: MathNode[];
  arrow?: boolean;
}

export const mi = (text: string): MathNode => ({ tag: "mi", text });
export const mo = (text: string): MathNode => ({ tag: "mo", text });
export const constant = (text: string): MathNode => ({ tag: "mn", text });
export const row = (...children: MathNode[]): MathNode => ({ tag: "mrow", children });
export const sub = (base: MathNode, index: string): MathNode => ({
  tag: "msub",
  children: [base, constant(index)],
});
export const power = (base: MathNode, exponent: MathNode): MathNode => ({
  tag: "msup",
  children: [base, exponent],
});
export const squared = (base: MathNode): MathNode => power(base, constant("2"));
export const fraction = (above: MathNode, below: MathNode): MathNode => ({
  tag: "mfrac",
  children: [above, below],
});
export const bar = (base: MathNode): MathNode => ({ tag: "mover", children: [base, mo("¯")] });
export const times = mo("·");
export const minus = mo("−");
export const plus = mo("+");
export const parentheses = (...kids: MathNode[]): MathNode => row(mo("("), ...kids, mo(")"));
export const derivativeOf = (variable: MathNode): MathNode =>
  fraction(row(mo("∂"), mi("C")), row(mo("∂"), variable));

export function sum(index: string, ...of: MathNode[]): MathNode {
  return row({ tag: "munder", children: [mo("∑"), mi(index)] }, ...of);
}

export function between(separator: MathNode, parts: MathNode[]): MathNode {
  const kids = parts.flatMap((part, i) => (i === 0 ? [part] : [separator, part]));
  return { ...row(...kids), breakable: parts.length > 1 };
}

/** A number with four significant digits, or more, and a typographic minus, in English. */
export function formatNumber(value: number | null | undefined, figures = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "?";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0 || (size >= 0.001 && size < 1e5))
    return String(Number(value.toPrecision(figures))).replace("-", "−");
  const [digits = "", exponent = ""] = value.toExponential(figures - 1).split("e");
  return `${digits.replace("-", "−")}·10${raised(Number(exponent))}`;
}

export function number(
  value: number | null | undefined,
  source: NumberSource,
  figures?: number,
): MathNode {
  return { tag: "mn", text: formatNumber(value, figures), value: value ?? Number.NaN, source };
}

/** A factor or a term: negative numbers get parentheses. */
export function bracketed(tree: MathNode): MathNode {
  return (tree.value ?? 0) < 0 ? parentheses(tree) : tree;
}

/** The plain text of a tree, for tests and screen readers. */
export function plainText({ text, children }: MathNode): string {
  return text ?? (children ?? []).map(plainText).join(" ");
}
