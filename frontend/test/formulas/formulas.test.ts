import { describe, expect, test } from "vitest";
import { backward } from "../../src/formulas/backward";
import { cost } from "../../src/formulas/cost";
import { forward } from "../../src/formulas/forward";
import { type Equation, formatNumber, type MathNode, plainText } from "../../src/formulas/mathml";
import { derivatives, updates } from "../../src/formulas/parameters";
import { FormulaTerms } from "../../src/formulas/terms";
import type { StepDetails } from "../../src/server/messages";

// A look at a network of 2 – 2 – 1; each number is another, so that a wrong place is seen.
const numbers = {
  inputs: [0.5, -2],
  target: [1],
  z0: [11, 12],
  a0: [0.21, -0.22],
  slope0: [0.31, 0.32],
  error0: [0.41, 0.42],
  delta0: [-0.51, 0.52],
  W0: [1, 2, 3, 4],
  b0: [5, 6],
  dW0: [7, 8, 9, 10],
  db0: [-0.51, 0.52],
  W_change0: [0.1, 0.2, 0.3, 0.4],
  b_change0: [0.5, 0.6],
  W_next0: [1.1, 2.2, 3.3, 4.4],
  b_next0: [5.5, 6.6],
  z1: [13],
  a1: [0.71],
  slope1: [0.72],
  error1: [-0.58],
  delta1: [-0.29],
  W1: [-0.81, 0.82],
  b1: [0.83],
  dW1: [0.91, 0.92],
  db1: [-0.29],
  W_change1: [1e-7, 0],
  b_change1: [0],
  W_next1: [-0.81, 0.82],
  b_next1: [0.83],
  differences: [7.1, 9.1, -0.511],
  gaps: [1e-9, -2e-9, 0],
};
const look = (more: Partial<StepDetails> = {}): StepDetails => ({
  run: 1,
  point: 3,
  layer: 0,
  unit: 0,
  step: 0,
  examples: 1,
  test: false,
  cost: 0.5,
  data_cost: 0.3,
  penalty: 0.2,
  l1: 0,
  l2: 0,
  cost_name: "SquaredError",
  logits: false,
  activations: ["tanh", "sigmoid"],
  optimizer: "sgd",
  factors: { W: 1, b: 1 },
  rates: [0.05, 0.06],
  lesson: { source: [], moments: [] },
  arrays: {
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, all]) => [name, new Float32Array(all)]),
    ),
    frozen: new Uint8Array([0, 0, 1, 0, 0, 0, 0, 0, 0]),
  },
  ...more,
});
const reader = (more: Partial<StepDetails> = {}) =>
  new FormulaTerms(look(more), [2, 2, 1], ["x₁", "x₂"]);
const said = ({ left, sides }: Equation) => [left, ...sides].map(plainText).join(" = ");
const linked = (tree: MathNode): MathNode[] => [
  ...(tree.source ? [tree] : []),
  ...(tree.children ?? []).flatMap(linked),
];
const links = ({ sides }: Equation) => sides.flatMap(linked);

describe("the formulas", () => {
  test("forward: every input with its weight, and the bias", () => {
    const [z, a] = forward(reader(), 0, 1) as [Equation, Equation];
    expect(said(z)).toBe("z 1.2 = x₁ w 1 + x₂ w 2 + b = 0.5 · 2 + ( −2 ) · 4 + 6 = 12");
    expect(said(a)).toBe("a 1.2 = tanh ( z 1.2 ) = tanh ( 12 ) = −0.22");
  });

  test("each number has a source", () => {
    const [z] = forward(reader(), 1, 0) as [Equation, Equation];
    expect(links(z).map((one) => one.source)).toEqual([
      { kind: "neuron", phase: "forward", layer: 0, unit: 0 },
      { kind: "weight", layer: 1, row: 0, unit: 0 },
      { kind: "neuron", phase: "forward", layer: 0, unit: 1 },
      { kind: "weight", layer: 1, row: 1, unit: 0 },
      { kind: "weight", layer: 1, row: -1, unit: 0 },
      { kind: "neuron", phase: "forward", layer: 1, unit: 0 },
    ]);
    expect(links(z).map((one) => Number(one.value?.toFixed(4)))).toEqual([
      0.21, -0.81, -0.22, 0.82, 0.83, 13,
    ]);
  });

  test("a long sum is written in full", () => {
    const inputs = Array.from({ length: 16 }, (_, i) => i);
    const wide = new FormulaTerms(
      look({
        activations: ["relu"],
        arrays: {
          inputs: new Float32Array(inputs),
          W0: new Float32Array(inputs),
          b0: new Float32Array(1),
        },
      }),
      [16, 1],
      inputs.map((i) => `x${i}`),
    );
    const [z] = forward(wide, 0, 0) as [Equation, Equation];
    expect(plainText(z.sides[0] as MathNode)).toContain("∑");
    expect(linked(z.sides[1] as MathNode)).toHaveLength(33);
  });

  test("each cost has its formula", () => {
    const cost_of = (more: Partial<StepDetails>) => cost(reader(more), 0).map(said);
    expect(cost_of({})).toEqual([
      "C = ( a − t ) 2 = ( 0.71 − 1 ) 2 = 0.3",
      "∂ C ∂ a 2.1 = 2 ( a 2.1 − t ) = 2 ( 0.71 − 1 ) = −0.58",
    ]);
    expect(cost_of({ cost_name: "BinaryCrossEntropy", logits: true })[0]).toBe(
      "C = − t · ln ( a ) − ( 1 − t ) · ln ( 1 − a )" +
        " = − 1 · ln ( 0.71 ) − ( 1 − 1 ) · ln ( 1 − 0.71 ) = 0.3",
    );
    expect(cost_of({ cost_name: "BinaryCrossEntropy", logits: true })[1]).toBe(
      "∂ C ∂ z 2.1 = a 2.1 − t = 0.71 − 1 = −0.29",
    );
    expect(cost_of({ cost_name: "AbsoluteError" })[0]).toContain("| 0.71 − 1 |");
    expect(cost_of({ l2: 0.1 })[1]).toBe("J = C + 0.1 2 · ∑ w 2 = 0.3 + 0.2 = 0.5");
  });

  test("backward: the error comes through the weights of the next layer", () => {
    expect(backward(reader(), 0, 0).map(said)).toEqual([
      "∂ C ∂ a 1.1 = w 1→1 δ 2.1 = ( −0.81 ) · ( −0.29 ) = 0.41",
      "f′ ( z 1.1 ) = 1 − a 1.1 2 = 1 − 0.21 2 = 0.31",
      "δ 1.1 = f′ ( z 1.1 ) · ∂ C ∂ a 1.1 = 0.31 · 0.41 = −0.51",
    ]);
    expect(backward(reader({ logits: true }), 1, 0).map(said)).toEqual([
      "δ 2.1 = ∂ C ∂ z 2.1 = −0.29",
    ]);
  });

  test("derivatives show the finite differences of their own neuron only", () => {
    const rows = derivatives(reader(), 0, 0);
    expect(rows.map((one) => said(one.equation))).toEqual([
      "∂ C ∂ w 1 = δ 1.1 · x₁ = ( −0.51 ) · 0.5 = 7",
      "∂ C ∂ w 2 = δ 1.1 · x₂ = ( −0.51 ) · ( −2 ) = 9",
      "∂ C ∂ b = δ 1.1 = −0.51",
    ]);
    expect(rows.map((one) => one.difference?.toFixed(3))).toEqual(["7.100", "9.100", "-0.511"]);
    expect(derivatives(reader(), 0, 1).map((one) => one.difference)).toEqual([null, null, null]);
    const [first] = derivatives(reader({ l1: 0.3, l2: 0.4 }), 0, 0);
    expect(said(first?.equation as Equation)).toContain("+ 0.3 · sign ( 1 ) + 0.4 · 1");
  });

  test("update: the formula of gradient descent, or the change of another optimizer", () => {
    const rows = updates(reader(), 0, 0);
    expect(said(rows[0]?.equation as Equation)).toBe(
      "w 1 = w 1 − η ∂ C ∂ w 1 = 1 − 0.05 · 7 = 1.1",
    );
    expect(rows.map((one) => one.frozen)).toEqual([false, true, false]);
    expect(said(rows[1]?.equation as Equation)).toBe("w 2 = w 2 = 3.3");
    const [adam] = updates(reader({ optimizer: "adam", factors: null }), 1, 0);
    expect(said(adam?.equation as Equation)).toBe("w 1 = w 1 + Δ w 1 = −0.81 + 1.000·10⁻⁷ = −0.81");
    const lesson = updates(reader({ factors: { W: 250, b: 0.5 } }), 0, 0);
    expect(said(lesson[0]?.equation as Equation)).toContain(
      "w 1 − η · 250 ∂ C ∂ w 1 = 1 − 0.05 · 250",
    );
    expect(said(lesson[2]?.equation as Equation)).toContain("b − η · 0.5 ∂ C ∂ b");
  });

  test("a batch shows means, and products of means only where they are correct", () => {
    const batch = reader({ point: null, examples: 20 });
    const [z, a] = forward(batch, 0, 0) as [Equation, Equation];
    expect(said(z)).toContain("z ¯ 1.1 = x₁ ¯ w 1 + x₂ ¯ w 2 + b = 0.5 · 1");
    expect(said(a)).toBe("a ¯ 1.1 = 1 N ∑ n tanh ( z n ) = 0.21");
    expect(said(derivatives(batch, 0, 0)[0]?.equation as Equation)).toBe(
      "∂ C ∂ w 1 = ∑ n δ n x n = 7",
    );
    expect(cost(batch, 0).map(said)).toEqual(["C = 1 N ∑ n ( a − t ) 2 = 0.3"]);
  });

  test("numbers are short, and missing ones are marked", () => {
    expect(
      [
        0.30999,
        -1.5,
        0,
        1e-9,
        -123456,
        Number.NaN,
        null,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
      ].map((one) => formatNumber(one)),
    ).toEqual(["0.31", "−1.5", "0", "1.000·10⁻⁹", "−1.235·10⁵", "?", "?", "∞", "−∞"]);
    expect(formatNumber(0.123456789, 7)).toBe("0.1234568");
  });
});
