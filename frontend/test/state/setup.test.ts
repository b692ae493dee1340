import { describe, expect, test } from "vitest";
import { formatHash, parseHash } from "../../src/state/address";
import { DEFAULT_SETUP, withInitialWeights, withoutStaleWeights } from "../../src/state/setup";

describe("weights in the address", () => {
  const weights = Float32Array.from([0.1, -1 / 3, 12345.678, 1e-12, 0]);
  const held = withInitialWeights(DEFAULT_SETUP, weights);

  test("have five significant digits, and round-trip", () => {
    expect(held.weights).toEqual([0.1, -0.33333, 12346, 1e-12, 0]);
    expect(parseHash(formatHash(held, [])).setup).toEqual(held);
  });

  test("list frozen ones, if any", () => {
    const still = withInitialWeights(DEFAULT_SETUP, weights, Uint8Array.from([0, 1, 0, 0, 1]));
    expect(still.frozen).toEqual([1, 4]);
    expect(parseHash(formatHash(still, [])).setup).toEqual(still);
    expect("frozen" in withInitialWeights(DEFAULT_SETUP, weights, new Uint8Array(5))).toBe(false);
    expect("frozen" in withInitialWeights(still, null)).toBe(false);
    expect(withoutStaleWeights({ ...still, inputs: ["x1"] }, still).frozen).toEqual([]);
    expect(withoutStaleWeights({ ...still }, still).frozen).toEqual([1, 4]);
  });

  test("are left out on request", () => {
    expect("weights" in withInitialWeights(held, null)).toBe(false);
    expect(formatHash(withInitialWeights(held, null), [])).toBe(formatHash(DEFAULT_SETUP, []));
  });

  test("of 400 parameters fit in an address", () => {
    const many = Float32Array.from({ length: 400 }, (_, i) => -Math.exp(Math.sin(i)) / 1000);
    expect(formatHash(withInitialWeights(DEFAULT_SETUP, many), []).length).toBeLessThan(8000);
  });

  test.each([
    ["a layer more", { layers: [...DEFAULT_SETUP.layers, ...DEFAULT_SETUP.layers] }],
    ["a neuron more", { layers: [{ neurons: 5, activation: "tanh", learning_rate: null }] }],
    ["another input", { inputs: ["x1"] }],
    ["other outputs", { data: { ...DEFAULT_SETUP.data, kind: "blobs" } }],
    ["more classes", { data: { ...DEFAULT_SETUP.data, classes: 5 } }],
    ["another initializer", { training: { ...DEFAULT_SETUP.training, initializer: "uniform" } }],
    ["another seed", { training: { ...DEFAULT_SETUP.training, seed: 1 } }],
  ])("are dropped with %s", (_, change) => {
    expect(withoutStaleWeights({ ...held, ...change }, held).weights).toBeNull();
  });

  test.each([
    ["a rate", { training: { ...DEFAULT_SETUP.training, learning_rate: 1 } }],
    [
      "an own rate",
      { layers: DEFAULT_SETUP.layers.map((one) => ({ ...one, learning_rate: 0.5 })) },
    ],
    ["more noise", { data: { ...DEFAULT_SETUP.data, noise: 0.3 } }],
    ["nothing", {}],
  ])("are kept with %s", (_, change) => {
    expect(withoutStaleWeights({ ...held, ...change }, held).weights).toEqual(held.weights);
  });
});
