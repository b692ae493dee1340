// The parameters of one neuron: their derivatives and their updates.

import {
  between,
  bracketed,
  constant,
  derivativeOf,
  type Equation,
  formatNumber,
  type MathNode,
  mi,
  minus,
  parentheses,
  plus,
  row,
  sub,
  sum,
  times,
} from "./mathml";
import { type FormulaTerms, perExample } from "./terms";

/** One incoming weight of a neuron, or its bias. */
export interface ParameterRow {
  row: number; // -1: the bias
  frozen: boolean;
  equation: Equation;
  difference: number | null;
  gap: number | null;
}

/** The derivative by each incoming weight and by the bias, beside its finite difference. */
export function derivatives(terms: FormulaTerms, layer: number, unit: number): ParameterRow[] {
  const { details } = terms;
  const mine = details.layer === layer && details.unit === unit;
  const before = terms.topology[layer] ?? 0;
  const delta = terms.of("delta", layer, unit, "backward");
  const symbol = terms.symbol("δ", layer, unit);
  return sourceRows(before).map((from) => {
    const w = from < 0 ? mi("b") : sub(mi("w"), String(from + 1));
    const symbols: MathNode[] = [];
    const numbers: MathNode[] = [];
    if (terms.batch) {
      symbols.push(
        sum(
          "n",
          ...(from < 0 ? [perExample("δ")] : [perExample("δ"), perExample(layer ? "a" : "x")]),
        ),
      );
    } else {
      symbols.push(from < 0 ? symbol : row(symbol, times, terms.inputSymbol(layer, from)));
      numbers.push(
        from < 0 ? delta : row(bracketed(delta), times, bracketed(terms.input(layer, from))),
      );
    }
    if (from >= 0) addPenalty(terms, w, layer, from, unit, symbols, numbers);
    const sides = [between(plus, symbols)];
    if (!terms.batch) sides.push(between(plus, numbers));
    const value = { ...terms.derivative(layer, from, unit) };
    // The bias's derivative is δ itself: one number is not written twice.
    if (!terms.batch && from < 0) sides.pop();
    const i = from < 0 ? before : from;
    return {
      row: from,
      frozen: isFrozen(terms, layer, from, unit),
      equation: { left: derivativeOf(w), sides: [...sides, value] },
      difference: mine ? (details.arrays.differences?.[i] ?? null) : null,
      gap: mine ? (details.arrays.gaps?.[i] ?? null) : null,
    };
  });
}

function addPenalty(
  terms: FormulaTerms,
  w: MathNode,
  layer: number,
  from: number,
  unit: number,
  symbols: MathNode[],
  numbers: MathNode[],
): void {
  const { l1, l2 } = terms.details;
  const now = terms.weight("", layer, from, unit);
  if (l1) {
    symbols.push(row(sub(mi("λ"), "1"), mi("sign"), w));
    numbers.push(row(terms.setting("l1", layer), times, mi("sign"), parentheses(now)));
  }
  if (l2) {
    symbols.push(row(sub(mi("λ"), "2"), w));
    numbers.push(row(terms.setting("l2", layer), times, bracketed(now)));
  }
}

const UPDATE_DIGITS = 6; // enough to show a small change

/** The update of each parameter: gradient descent's formula, the lesson's, or another's change. */
export function updates(terms: FormulaTerms, layer: number, unit: number): ParameterRow[] {
  const { factors } = terms.details;
  return sourceRows(terms.topology[layer] ?? 0).map((from) => {
    const w = from < 0 ? mi("b") : sub(mi("w"), String(from + 1));
    const now = terms.weight("", layer, from, unit, UPDATE_DIGITS);
    const frozen = isFrozen(terms, layer, from, unit);
    const change = terms.weight("_change", layer, from, unit);
    const factor = factors ? factors[from < 0 ? "b" : "W"] : 1;
    const scale = factor === 1 ? [] : [times, constant(formatNumber(factor))];
    const sides = frozen
      ? [w]
      : factors
        ? [
            row(w, minus, mi("η"), ...scale, derivativeOf(w)),
            row(
              now,
              minus,
              terms.setting("learning_rate", layer),
              ...scale,
              times,
              bracketed(terms.derivative(layer, from, unit)),
            ),
          ]
        : [row(w, plus, mi("Δ"), w), row(now, plus, bracketed(change))];
    return {
      row: from,
      frozen,
      difference: null,
      gap: null,
      equation: {
        left: w,
        sides: [...sides, terms.weight("_next", layer, from, unit, UPDATE_DIGITS)],
        arrow: true,
      },
    };
  });
}

function sourceRows(before: number): number[] {
  return [...Array.from({ length: before }, (_, i) => i), -1];
}

function isFrozen(terms: FormulaTerms, layer: number, from: number, unit: number): boolean {
  let start = 0;
  for (let k = 0; k < layer; k += 1) start += ((terms.topology[k] ?? 0) + 1) * terms.width(k);
  const m = terms.width(layer);
  const index = from < 0 ? (terms.topology[layer] ?? 0) * m + unit : from * m + unit;
  return Boolean(terms.details.arrays.frozen?.[start + index]);
}
