// Backpropagation: a neuron's error and its δ.

import {
  bar,
  between,
  bracketed,
  constant,
  derivativeOf,
  type Equation,
  type MathNode,
  mi,
  minus,
  mo,
  parentheses,
  plus,
  row,
  squared,
  sub,
  sum,
  times,
} from "./mathml";
import { batchMean, type FormulaTerms, LONG_SUM, perExample } from "./terms";

export function backward(terms: FormulaTerms, layer: number, unit: number): Equation[] {
  const { details, layers } = terms;
  const delta = terms.of("delta", layer, unit, "backward");
  const left = terms.symbol("δ", layer, unit);
  const name = details.activations[layer] ?? "";
  const last = layer === layers - 1;
  if (last && details.logits) {
    const own = terms.of("delta", layer, unit, terms.batch ? "backward" : "cost");
    return [
      {
        left,
        sides: [
          terms.batch
            ? batchMean(derivativeOf(perExample("z")))
            : derivativeOf(terms.symbol("z", layer, unit)),
          own,
        ],
      },
    ];
  }
  const error = terms.of("error", layer, unit, last ? "cost" : "backward");
  const plain = derivativeOf(sub(mi("a"), `${layer + 1}.${unit + 1}`));
  const byA = terms.batch ? bar(plain) : plain;
  const equations: Equation[] = [];
  if (!last) {
    const next = Array.from({ length: terms.width(layer + 1) }, (_, i) => i);
    const w = (i: number) => sub(mi("w"), `${unit + 1}→${i + 1}`);
    equations.push({
      left: byA,
      sides: [
        next.length > LONG_SUM
          ? sum("i", sub(mi("w"), "i"), sub(terms.batch ? bar(mi("δ")) : mi("δ"), "i"))
          : between(
              plus,
              next.map((i) => row(w(i), terms.symbol("δ", layer + 1, i))),
            ),
        between(
          plus,
          next.map((i) =>
            row(
              bracketed(terms.weight("", layer + 1, unit, i)),
              times,
              bracketed(terms.of("delta", layer + 1, i, "backward")),
            ),
          ),
        ),
        error,
      ],
    });
  }
  if (terms.batch) {
    return [
      ...equations,
      {
        left,
        sides: [
          batchMean(
            name === "softmax"
              ? row(
                  perExample("a"),
                  parentheses(
                    derivativeOf(perExample("a")),
                    minus,
                    sum("i", derivativeOf(sub(mi("a"), "i,n")), sub(mi("a"), "i,n")),
                  ),
                )
              : row(mi("f′"), parentheses(perExample("z")), times, derivativeOf(perExample("a"))),
          ),
          delta,
        ],
      },
    ];
  }
  if (name === "softmax") {
    const all = Array.from({ length: terms.width(layer) }, (_, i) => i);
    const a = (i: number) => terms.of("a", layer, i, "forward");
    const e = (i: number) => terms.of("error", layer, i, "cost");
    return [
      ...equations,
      {
        left,
        sides: [
          row(
            mi("a"),
            parentheses(byA, minus, sum("i", derivativeOf(sub(mi("a"), "i")), sub(mi("a"), "i"))),
          ),
          between(
            plus,
            all.map((i) => {
              const product = row(bracketed(e(i)), times, a(i));
              const begun =
                i === 0 ? row(a(unit), times, mo("("), error, minus, mo("("), product) : product;
              return i === all.length - 1 ? row(begun, mo(")"), mo(")")) : begun;
            }),
          ),
          delta,
        ],
      },
    ];
  }
  const steep = terms.of("slope", layer, unit, "backward");
  return [
    ...equations,
    {
      left: row(mi("f′"), parentheses(terms.symbol("z", layer, unit))),
      sides: [...activationSlope(name, terms, layer, unit), steep],
    },
    {
      left,
      sides: [
        row(mi("f′"), parentheses(terms.symbol("z", layer, unit)), times, byA),
        row(bracketed(steep), times, bracketed(error)),
        delta,
      ],
    },
  ];
}

/** The activation's derivative f′ as a formula, where it is short. */
function activationSlope(
  name: string,
  terms: FormulaTerms,
  layer: number,
  unit: number,
): MathNode[] {
  const symbol = terms.symbol("a", layer, unit);
  const a = bracketed(terms.of("a", layer, unit, "forward"));
  const one = constant("1");
  if (name === "sigmoid") {
    return [
      row(symbol, parentheses(one, minus, symbol)),
      row(a, times, parentheses(one, minus, a)),
    ];
  }
  if (name === "tanh") return [row(one, minus, squared(symbol)), row(one, minus, squared(a))];
  return [];
}
