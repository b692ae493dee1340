import { expect, test } from "vitest";
import type { Setup } from "../../src/state/setup";
import { experiment, WORDS } from "../../src/state/words";

const setup = {
  data: { kind: "circles", seed: 4, points: [] },
  inputs: ["x1", "x2"],
  layers: [
    { neurons: 4, activation: "tanh", learning_rate: null, kind: "dense" },
    { neurons: 3, activation: "tanh", learning_rate: null, kind: "dense" },
  ],
  training: { optimizer: "adam", learning_rate: 0.01, initializer: "orthogonal" },
} as unknown as Setup;

test("an experiment changes the set-up that it is given, and leaves that one as it is", () => {
  const before = JSON.stringify(setup);
  for (const word of WORDS) {
    const changed = experiment(word, setup);
    if (changed)
      expect(experiment(word, changed), word).toEqual(
        word === "seed" ? { ...changed, data: { ...changed.data, seed: 6 } } : null,
      );
  }
  expect(JSON.stringify(setup)).toBe(before);
  expect(experiment("seed", setup)?.data.seed).toBe(5);
  expect(experiment("own_rate", setup)?.layers.map((one) => one.learning_rate)).toEqual([
    1e-6,
    null,
  ]);
});
