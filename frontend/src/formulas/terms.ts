// The numbers of one step as terms of a formula: values with symbols and sources.

import type { Phase, StepDetails } from "../server/messages";
import { bar, constant, fraction, type MathNode, mi, number, row, sub, sum } from "./mathml";

/** Looks up the numbers of one step, each with its symbol and source. */
export class FormulaTerms {
  readonly layers: number;
  readonly batch: boolean;

  constructor(
    readonly details: StepDetails,
    readonly topology: number[],
    readonly inputs: string[],
  ) {
    this.layers = topology.length - 1;
    this.batch = details.point === null;
  }

  width(layer: number): number {
    return this.topology[layer + 1] ?? 0;
  }

  value(name: string, index: number): number | undefined {
    return this.details.arrays[name]?.[index];
  }

  /** A number of a neuron: `z`, `a`, `slope`, `error`, `delta` or `b`. */
  of(name: string, layer: number, unit: number, phase: Phase): MathNode {
    return number(this.value(`${name}${layer}`, unit), { kind: "neuron", phase, layer, unit });
  }

  weight(name: string, layer: number, from: number, unit: number, figures?: number): MathNode {
    const value =
      from < 0
        ? this.value(`b${name}${layer}`, unit)
        : this.value(`W${name}${layer}`, from * this.width(layer) + unit);
    return number(value, { kind: "weight", layer, row: from, unit }, figures);
  }

  derivative(layer: number, from: number, unit: number): MathNode {
    const value =
      from < 0
        ? this.value(`db${layer}`, unit)
        : this.value(`dW${layer}`, from * this.width(layer) + unit);
    return number(value, { kind: "neuron", phase: "backward", layer, unit });
  }

  /** A layer's input: a feature, or the activation of the previous layer. */
  input(layer: number, from: number): MathNode {
    return layer === 0
      ? number(this.value("inputs", from), { kind: "input", unit: from })
      : this.of("a", layer - 1, from, "forward");
  }

  target(unit: number): MathNode {
    return number(this.value("target", unit), { kind: "target", unit });
  }

  setting(name: "learning_rate" | "l1" | "l2", layer: number): MathNode {
    const { rates, l1, l2 } = this.details;
    const value = name === "learning_rate" ? rates[layer] : name === "l1" ? l1 : l2;
    return number(value, { kind: "setting", name, layer });
  }

  /** A neuron's symbol, with a bar for a mean over the batch. */
  symbol(letter: string, layer: number, unit: number): MathNode {
    return sub(this.batch ? bar(mi(letter)) : mi(letter), `${layer + 1}.${unit + 1}`);
  }

  inputSymbol(layer: number, from: number): MathNode {
    if (layer > 0) return this.symbol("a", layer - 1, from);
    const name = mi(this.inputs[from] ?? "x");
    return this.batch ? bar(name) : name;
  }
}

export const LONG_SUM = 4; // a sum of more symbols is written with Σ

/** The symbol of one example within a sum over the batch. */
export const perExample = (letter: string): MathNode => sub(mi(letter), "n");
export const batchMean = (...of: MathNode[]): MathNode =>
  row(fraction(constant("1"), mi("N")), sum("n", ...of));
