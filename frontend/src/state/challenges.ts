// Challenges: examples with a goal.

import type { Frame } from "../server/messages";

/** Conditions that must hold at the same time. */
export interface Goal {
  accuracy?: number; // minimum, on the test set
  cost?: number; // training cost, upper bound
  test_cost?: number; // upper bound
  steps?: number; // minimum
  neurons?: number; // hidden, maximum
  layers?: number; // hidden, minimum
}

export const GOALS: Record<string, Goal> = {
  stuck: { cost: 0.01, layers: 5 },
  spiral: { accuracy: 0.99, neurons: 5 },
  flat: { accuracy: 0.9, neurons: 0 },
  heart: { test_cost: 0.6, steps: 5000 },
};

/** Each condition: its name, its bound, and whether it holds. */
export function evaluateGoal(
  goal: Goal,
  setup: { layers: { neurons: number }[] },
  frame: Frame | null,
): [keyof Goal, number, boolean][] {
  const hidden = setup.layers.reduce((sum, one) => sum + one.neurons, 0);
  const holds: Record<keyof Goal, (asked: number) => boolean> = {
    accuracy: (asked) => (frame?.test_accuracy ?? 0) >= asked,
    cost: (asked) => (frame?.cost ?? Number.POSITIVE_INFINITY) < asked,
    test_cost: (asked) => (frame?.test_cost ?? Number.POSITIVE_INFINITY) < asked,
    steps: (asked) => (frame?.step ?? 0) >= asked,
    neurons: (asked) => hidden <= asked,
    layers: (asked) => setup.layers.length >= asked,
  };
  return Object.entries(goal).map(([name, asked]: [string, number]) => {
    const part = name as keyof Goal;
    return [part, asked, holds[part](asked)];
  });
}
