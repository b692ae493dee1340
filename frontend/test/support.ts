// A set-up and limits as the server sends them.

import type { Setup } from "../src/state/setup";

export const SETUP: Setup = {
  version: 1,
  data: {
    kind: "circles",
    n: 300,
    noise: 0.05,
    arms: 2,
    classes: 3,
    test_share: 0.3,
    seed: 0,
    points: [],
    regression: false,
    columns: [],
    class_names: [],
  },
  inputs: ["x1", "x2"],
  layers: [
    { neurons: 4, activation: "tanh", learning_rate: null, kind: "dense" },
    { neurons: 4, activation: "tanh", learning_rate: null, kind: "dense" },
  ],
  output: { activation: "auto", learning_rate: null },
  training: {
    learning_rate: 0.01,
    optimizer: "adam",
    cost: "auto",
    batch_size: null,
    l1: 0,
    l2: 0,
    initializer: "orthogonal",
    seed: 0,
  },
};
