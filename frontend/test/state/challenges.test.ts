import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/server/messages";
import { evaluateGoal, GOALS } from "../../src/state/challenges";
import type { Setup } from "../../src/state/setup";
import { SETUP } from "../support";

const layered = (...widths: number[]): Setup => ({
  ...SETUP,
  layers: widths.map((neurons) => ({
    neurons,
    activation: "tanh",
    learning_rate: null,
    kind: "dense",
  })),
});
const EXAMPLES: Record<string, Setup> = {
  stuck: layered(4, 8, 16, 8, 4),
  spiral: layered(3, 3),
  flat: layered(),
  heart: layered(16, 16),
};
const preset = (key: string) => EXAMPLES[key] ?? SETUP;

describe("a challenge", () => {
  const frame = (more: object) => ({ step: 0, cost: 1, test_cost: 1, ...more }) as unknown as Frame;
  const open = (key: string, setup: Setup, now: Frame | null) =>
    evaluateGoal(GOALS[key] ?? {}, setup, now)
      .filter(([, , holds]) => !holds)
      .map(([name]) => name);

  test("is not solved at its start", () => {
    for (const [key, goal] of Object.entries(GOALS)) {
      const parts = evaluateGoal(goal, preset(key), null);
      expect(
        parts.some(([, , holds]) => !holds),
        key,
      ).toBe(true);
    }
  });

  test("is solved when all its parts hold", () => {
    expect(open("spiral", preset("spiral"), frame({ test_accuracy: 1 }))).toEqual(["neurons"]);
    const few = { ...preset("spiral"), layers: preset("spiral").layers.slice(1) };
    expect(open("spiral", few, frame({ test_accuracy: 0.9 }))).toEqual(["accuracy"]);
    expect(open("spiral", few, frame({ test_accuracy: 0.99 }))).toEqual([]);
    expect(open("heart", preset("heart"), frame({ step: 4999, test_cost: 0.5 }))).toEqual([
      "steps",
    ]);
    expect(open("heart", preset("heart"), frame({ step: 5000, test_cost: 0.5 }))).toEqual([]);
    expect(open("stuck", preset("stuck"), frame({ cost: 0.009 }))).toEqual([]);
    expect(open("stuck", few, frame({ cost: 0.009 }))).toEqual(["layers"]);
  });
});
