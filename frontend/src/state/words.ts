// The words that the page explains, and the experiment that each card sets up.

import type { LayerSetup, Setup } from "./setup";

export const WORDS = [
  "learning_rate",
  "optimizer",
  "cost",
  "batch",
  "l1",
  "l2",
  "initializer",
  "noise",
  "points",
  "test_share",
  "arms",
  "classes",
  "seed",
  "inputs",
  "layers",
  "neurons",
  "activation",
  "own_rate",
  "speed",
  "stepped",
  "saturated",
  "relative_error",
  "log",
] as const;
export type Word = (typeof WORDS)[number];

type Change = (setup: Setup) => Setup;

const training =
  (more: Partial<Setup["training"]>): Change =>
  (setup) => ({ ...setup, training: { ...setup.training, ...more } });
const data =
  (more: Partial<Setup["data"]>): Change =>
  (setup) => ({ ...setup, data: { ...setup.data, ...more } });
const layers =
  (more: Partial<LayerSetup>): Change =>
  (setup) => ({ ...setup, layers: setup.layers.map((one) => ({ ...one, ...more })) });

const EXPERIMENTS: Partial<Record<Word, Change>> = {
  learning_rate: training({ optimizer: "sgd", learning_rate: 50 }),
  optimizer: training({ optimizer: "adam", learning_rate: 0.01 }),
  cost: training({ cost: "cross_entropy" }),
  batch: training({ batch_size: 10 }),
  l1: training({ l1: 0.01 }),
  l2: training({ l2: 0.05 }),
  initializer: training({ initializer: "zeros" }),
  noise: data({ noise: 0.3 }),
  points: data({ n: 40 }),
  test_share: data({ test_share: 0.5 }),
  arms: data({ kind: "spirals", arms: 4, points: [] }),
  classes: data({ kind: "blobs", classes: 5, points: [] }),
  seed: (setup) => data({ seed: setup.data.seed + 1 })(setup),
  inputs: (setup) => ({ ...setup, inputs: ["x1^2", "x2^2"], layers: [] }),
  layers: (setup) => ({ ...setup, layers: [] }),
  neurons: layers({ neurons: 1 }),
  activation: layers({ activation: "linear" }),
  own_rate: (setup) => ({
    ...setup,
    layers: setup.layers.map((one, k) => (k === 0 ? { ...one, learning_rate: 1e-6 } : one)),
  }),
  saturated: training({ initializer: "uniform", optimizer: "sgd", learning_rate: 200 }),
};

/** The set-up of a word's experiment; null where a hand does it, or where it is set up already. */
export function experiment(word: Word, setup: Setup): Setup | null {
  const changed = EXPERIMENTS[word]?.(setup);
  return changed && JSON.stringify(changed) !== JSON.stringify(setup) ? changed : null;
}
