// The forward pass of one neuron: z and a.

import {
  bar,
  between,
  bracketed,
  constant,
  type Equation,
  fraction,
  type MathNode,
  mi,
  minus,
  mo,
  parentheses,
  plus,
  power,
  row,
  sub,
  sum,
  times,
} from "./mathml";
import { batchMean, type FormulaTerms, LONG_SUM, perExample } from "./terms";

export function forward(terms: FormulaTerms, layer: number, unit: number): Equation[] {
  const before = terms.topology[layer] ?? 0;
  const places = Array.from({ length: before }, (_, i) => i);
  const w = (i: number) => sub(mi("w"), String(i + 1));
  const symbols =
    before > LONG_SUM
      ? sum("i", sub(mi("w"), "i"), sub(terms.batch ? bar(mi("a")) : mi("a"), "i"))
      : between(
          plus,
          places.map((i) => row(terms.inputSymbol(layer, i), w(i))),
        );
  const numbers = places.map((i) =>
    row(bracketed(terms.input(layer, i)), times, bracketed(terms.weight("", layer, i, unit))),
  );
  return [
    {
      left: terms.symbol("z", layer, unit),
      sides: [
        row(symbols, plus, mi("b")),
        between(plus, [...numbers, bracketed(terms.weight("", layer, -1, unit))]),
        terms.of("z", layer, unit, "forward"),
      ],
    },
    activation(terms, layer, unit),
  ];
}

function activation(terms: FormulaTerms, layer: number, unit: number): Equation {
  const name = terms.details.activations[layer] ?? "";
  const left = terms.symbol("a", layer, unit);
  const a = terms.of("a", layer, unit, "forward");
  if (name === "softmax") {
    const e = (exponent: MathNode) => power(mi("e"), exponent);
    const all = Array.from({ length: terms.width(layer) }, (_, i) => i);
    const z = (i: number) => terms.of("z", layer, i, "forward");
    const symbols = fraction(e(mi("z")), sum("i", e(sub(mi("z"), "i"))));
    if (terms.batch) return { left, sides: [batchMean(symbols), a] };
    const numbers = fraction(
      e(z(unit)),
      between(
        plus,
        all.map((i) => e(z(i))),
      ),
    );
    return { left, sides: [symbols, numbers, a] };
  }
  if (terms.batch) return { left, sides: [batchMean(appliedActivation(name, perExample("z"))), a] };
  const z = terms.of("z", layer, unit, "forward");
  return {
    left,
    sides: [appliedActivation(name, terms.symbol("z", layer, unit)), appliedActivation(name, z), a],
  };
}

/** f(z) as a formula, where it is short. */
function appliedActivation(name: string, z: MathNode): MathNode {
  const inside = bracketed(z);
  switch (name) {
    case "linear":
      return z;
    case "sigmoid":
      return fraction(constant("1"), row(constant("1"), plus, power(mi("e"), row(minus, inside))));
    case "softsign":
      return fraction(z, row(constant("1"), plus, mo("|"), z, mo("|")));
    case "relu":
      return row(mi("max"), parentheses(constant("0"), mo(","), z));
    case "leaky_relu":
      return row(mi("max"), parentheses(constant("0.01"), times, inside, mo(","), z));
    default:
      return row(mi(name), parentheses(z));
  }
}
