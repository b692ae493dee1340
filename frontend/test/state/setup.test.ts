import { describe, expect, test } from "vitest";
import { formatHash, parseHash } from "../../src/state/address";
import {
  type Setup,
  withData,
  withInitialWeights,
  withoutStaleWeights,
} from "../../src/state/setup";
import { SETUP } from "../support";

const hashOf = (setup: unknown) =>
  formatHash({ setup, hidden: [], challenge: null, goal: null, large: false, map: null });

describe("weights in the address", () => {
  const weights = Float32Array.from([0.1, -1 / 3, 12345.678, 1e-12, 0]);
  const held = withInitialWeights(SETUP, weights);

  test("have five significant digits, and round-trip", () => {
    expect(held.weights).toEqual([0.1, -0.33333, 12346, 1e-12, 0]);
    expect(parseHash(hashOf(held)).setup).toEqual(held);
  });

  test("list frozen ones, if any", () => {
    const still = withInitialWeights(SETUP, weights, Uint8Array.from([0, 1, 0, 0, 1]));
    expect(still.frozen).toEqual([1, 4]);
    expect(parseHash(hashOf(still)).setup).toEqual(still);
    expect("frozen" in withInitialWeights(SETUP, weights, new Uint8Array(5))).toBe(false);
    expect("frozen" in withInitialWeights(still, null)).toBe(false);
    expect(withoutStaleWeights({ ...still, inputs: ["x1"] }, still).frozen).toEqual([]);
    expect(withoutStaleWeights({ ...still }, still).frozen).toEqual([1, 4]);
  });

  test("are left out on request", () => {
    expect("weights" in withInitialWeights(held, null)).toBe(false);
    expect(hashOf(withInitialWeights(held, null))).toBe(hashOf(SETUP));
  });

  test("of 400 parameters fit in an address", () => {
    const many = Float32Array.from({ length: 400 }, (_, i) => -Math.exp(Math.sin(i)) / 1000);
    expect(hashOf(withInitialWeights(SETUP, many)).length).toBeLessThan(8000);
  });

  test.each([
    ["a layer more", { layers: [...SETUP.layers, ...SETUP.layers] }],
    [
      "a neuron more",
      { layers: [{ neurons: 5, activation: "tanh", learning_rate: null, kind: "dense" }] },
    ],
    ["another input", { inputs: ["x1"] }],
    ["other outputs", { data: { ...SETUP.data, kind: "blobs" } }],
    ["more classes", { data: { ...SETUP.data, classes: 5 } }],
    ["another initializer", { training: { ...SETUP.training, initializer: "uniform" } }],
    ["another seed", { training: { ...SETUP.training, seed: 1 } }],
  ])("are dropped with %s", (_, change) => {
    expect(withoutStaleWeights({ ...held, ...change }, held).weights).toBeNull();
  });

  test.each([
    ["a rate", { training: { ...SETUP.training, learning_rate: 1 } }],
    ["an own rate", { layers: SETUP.layers.map((one) => ({ ...one, learning_rate: 0.5 })) }],
    ["more noise", { data: { ...SETUP.data, noise: 0.3 } }],
    ["nothing", {}],
  ])("are kept with %s", (_, change) => {
    expect(withoutStaleWeights({ ...held, ...change }, held).weights).toEqual(held.weights);
  });
});

describe("another data set", () => {
  const images: Setup = {
    ...SETUP,
    data: { ...SETUP.data, kind: "digits", n: 1000, noise: 0 },
    layers: [{ neurons: 8, activation: "relu", learning_rate: null, kind: "conv" }],
    training: { ...SETUP.training, batch_size: 32 },
  };

  test("keeps the network among points", () => {
    const own = { ...SETUP, layers: [], data: { ...SETUP.data, noise: 0.3 } };
    expect(withData(own, "moons", SETUP)).toEqual({
      ...own,
      data: { ...own.data, kind: "moons" },
    });
  });

  test("changes the layers between points and images, and comes back", () => {
    const lesson = { ...SETUP, training: { ...SETUP.training, optimizer: "lesson", seed: 7 } };
    const digits = withData({ ...lesson, weights: [1], bug: "one" }, "digits", images);
    expect(digits.layers).toEqual(images.layers);
    expect(digits.data.n).toBe(1000);
    expect(digits.training).toMatchObject({ optimizer: "adam", batch_size: 32, seed: 7 });
    expect([digits.weights, digits.bug]).toEqual([null, null]);
    const back = withData(digits, "moons", SETUP);
    expect(back.layers).toEqual(SETUP.layers);
    expect(back.data).toEqual({ ...SETUP.data, kind: "moons" });
    expect(back.training.batch_size).toBe(null);
  });
});
