// The cost, its penalty, and its derivative by an output.

import type { NumberSource } from "../state/microscope";
import {
  between,
  bracketed,
  constant,
  derivativeOf,
  type Equation,
  fraction,
  type MathNode,
  mi,
  minus,
  mo,
  number,
  parentheses,
  plus,
  row,
  squared,
  sub,
  sum,
  times,
} from "./mathml";
import { batchMean, type FormulaTerms } from "./terms";

export function cost(terms: FormulaTerms, unit: number): Equation[] {
  const { details, layers } = terms;
  const last = layers - 1;
  const m = terms.width(last);
  const all = Array.from({ length: m }, (_, i) => i);
  const a = (i: number) => terms.of("a", last, i, "forward");
  const value = number(details.data_cost, { kind: "neuron", phase: "cost", layer: last, unit });
  const one = (output: MathNode, target: MathNode) => costTerm(details.cost_name, output, target);
  const categorical = details.cost_name === "CategoricalCrossEntropy";
  const share = (tree: MathNode) =>
    m === 1 || categorical ? tree : row(fraction(constant("1"), constant(String(m))), tree);
  const [p, t] = [mi("a"), mi("t")];
  const symbols = m === 1 ? one(p, t) : share(sum("k", one(sub(p, "k"), sub(t, "k"))));
  const equations: Equation[] = [
    {
      left: mi("C"),
      sides: terms.batch
        ? [batchMean(symbols), value]
        : [
            symbols,
            share(
              parenthesesIf(
                m > 1 && !categorical,
                between(
                  plus,
                  all.map((i) => one(a(i), terms.target(i))),
                ),
              ),
            ),
            value,
          ],
    },
  ];
  if (details.l1 || details.l2) equations.push(penalizedCost(terms, value, unit));
  // In a batch each example has its own derivative: the backward phase shows the mean.
  if (!terms.batch) {
    const output = terms.symbol(details.logits ? "z" : "a", last, unit);
    equations.push({
      left: derivativeOf(output),
      sides: [
        costSlope(details.cost_name, terms.symbol("a", last, unit), mi("t"), m),
        costSlope(details.cost_name, a(unit), terms.target(unit), m),
        terms.of(details.logits ? "delta" : "error", last, unit, "cost"),
      ],
    });
  }
  return equations;
}

function parenthesesIf(really: boolean, tree: MathNode): MathNode {
  return really ? parentheses(tree) : tree;
}

function costTerm(name: string, p: MathNode, t: MathNode): MathNode {
  const log = (...of: MathNode[]) => row(mi("ln"), parentheses(...of));
  const off = row(p, minus, bracketed(t));
  switch (name) {
    case "SquaredError":
      return squared(parentheses(off));
    case "AbsoluteError":
      return row(mo("|"), off, mo("|"));
    case "Huber":
      return row(mi("h"), parentheses(off));
    case "CategoricalCrossEntropy":
      return row(minus, t, times, log(p));
    default:
      return row(
        minus,
        t,
        times,
        log(p),
        minus,
        parentheses(constant("1"), minus, t),
        times,
        log(constant("1"), minus, p),
      );
  }
}

function costSlope(name: string, p: MathNode, t: MathNode, m: number): MathNode {
  const off = row(p, minus, bracketed(t));
  const shared = (tree: MathNode) => (m === 1 ? tree : fraction(tree, constant(String(m))));
  switch (name) {
    case "SquaredError":
      return m === 1
        ? row(constant("2"), parentheses(off))
        : row(fraction(constant("2"), constant(String(m))), parentheses(off));
    case "AbsoluteError":
      return shared(row(mi("sign"), parentheses(off)));
    case "Huber":
      return shared(row(mi("clip"), parentheses(off)));
    case "CategoricalCrossEntropy":
      return off;
    default:
      return shared(off);
  }
}

function penalizedCost(terms: FormulaTerms, value: MathNode, unit: number): Equation {
  const { details, layers } = terms;
  const here: NumberSource = { kind: "neuron", phase: "cost", layer: layers - 1, unit };
  const parts: MathNode[] = [mi("C")];
  if (details.l1) {
    parts.push(row(terms.setting("l1", 0), times, mo("∑"), mo("|"), mi("w"), mo("|")));
  }
  if (details.l2) {
    parts.push(
      row(fraction(terms.setting("l2", 0), constant("2")), times, mo("∑"), squared(mi("w"))),
    );
  }
  return {
    left: mi("J"),
    sides: [
      between(plus, parts),
      row(value, plus, number(details.penalty, here)),
      number(details.cost, here),
    ],
  };
}
