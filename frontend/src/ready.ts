// Set-ups that are ready to be tried, and challenges: set-ups with a goal.

import { data, FIRST, layer, type Setup, training } from "./setup";
import type { Frame } from "./store";

const sigmoids = (...widths: number[]) => widths.map((width) => layer(width, "sigmoid"));
const lesson: Setup = {
  ...FIRST,
  data: { ...data, n: 500, noise: 0.05, test_share: 0 },
  layers: sigmoids(4, 8),
  training: { ...training, optimizer: "sgd", cost: "mse", learning_rate: 5 },
};

const moons = { ...data, kind: "moons", n: 80, noise: 0.3, test_share: 0.5 };

/** By the key of their name. */
export const READY = {
  lesson,
  three: { ...FIRST, data: { ...data, kind: "blobs", classes: 3 }, layers: [layer(6)] },
  xor: { ...FIRST, data: { ...data, kind: "xor" }, layers: [layer(3)] },
  wave: { ...FIRST, data: { ...data, kind: "wave" }, layers: [layer(8), layer(8)] },
  stuck: {
    ...lesson,
    layers: sigmoids(4, 8, 16, 8, 4),
    training: { ...lesson.training, learning_rate: 0.05, initializer: "uniform" },
  },
  spiral: {
    ...FIRST,
    data: { ...data, kind: "spirals", n: 400, noise: 0.02 },
    layers: [layer(3), layer(3)],
    training: { ...training, learning_rate: 0.02 },
  },
  flat: { ...FIRST, data: { ...data, kind: "xor" }, layers: [] },
  heart: { ...FIRST, data: moons, layers: [layer(16), layer(16)] },
} satisfies Record<string, Setup>;

export type Ready = keyof typeof READY;

/** What has to hold at the same time. */
export interface Goal {
  accuracy?: number; // on the test, at least
  cost?: number; // of the training, below
  test_cost?: number; // below
  steps?: number; // at least
  neurons?: number; // hidden ones, at most
  layers?: number; // hidden ones, at least
}

export const GOALS: Partial<Record<Ready, Goal>> = {
  stuck: { cost: 0.01, layers: 5 },
  spiral: { accuracy: 0.99, neurons: 5 },
  flat: { accuracy: 0.9, neurons: 0 },
  heart: { test_cost: 0.6, steps: 5000 },
};

/** Each part of a goal: its name, what is asked for, and whether it holds. */
export function judged(
  goal: Goal,
  setup: Setup,
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

export function isReady(key: string | null): key is Ready {
  return key !== null && Object.hasOwn(READY, key);
}
