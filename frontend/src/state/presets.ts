// Ready-made set-ups.

import { DEFAULT_SETUP, defaultData, defaultTraining, hiddenLayer, type Setup } from "./setup";

const sigmoids = (...widths: number[]) => widths.map((width) => hiddenLayer(width, "sigmoid"));
const lesson: Setup = {
  ...DEFAULT_SETUP,
  data: { ...defaultData, n: 500, noise: 0.05, test_share: 0 },
  layers: sigmoids(4, 8),
  training: { ...defaultTraining, optimizer: "sgd", cost: "mse", learning_rate: 5 },
};

const moons = { ...defaultData, kind: "moons", n: 80, noise: 0.3, test_share: 0.5 };

/** By the key of their name in the texts. */
export const PRESETS = {
  lesson,
  three: {
    ...DEFAULT_SETUP,
    data: { ...defaultData, kind: "blobs", classes: 3 },
    layers: [hiddenLayer(6)],
  },
  xor: { ...DEFAULT_SETUP, data: { ...defaultData, kind: "xor" }, layers: [hiddenLayer(3)] },
  wave: {
    ...DEFAULT_SETUP,
    data: { ...defaultData, kind: "wave" },
    layers: [hiddenLayer(8), hiddenLayer(8)],
  },
  stuck: {
    ...lesson,
    layers: sigmoids(4, 8, 16, 8, 4),
    training: { ...lesson.training, learning_rate: 0.05, initializer: "uniform" },
  },
  spiral: {
    ...DEFAULT_SETUP,
    data: { ...defaultData, kind: "spirals", n: 400, noise: 0.02 },
    layers: [hiddenLayer(3), hiddenLayer(3)],
    training: { ...defaultTraining, learning_rate: 0.02 },
  },
  flat: { ...DEFAULT_SETUP, data: { ...defaultData, kind: "xor" }, layers: [] },
  heart: { ...DEFAULT_SETUP, data: moons, layers: [hiddenLayer(16), hiddenLayer(16)] },
} satisfies Record<string, Setup>;

export type PresetName = keyof typeof PRESETS;

export function isPreset(key: string | null): key is PresetName {
  return key !== null && Object.hasOwn(PRESETS, key);
}
