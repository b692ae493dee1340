// Ready-made set-ups, as differences from the server's defaults.

import type { DataSetup, LayerSetup, Setup } from "./setup";

export interface Preset {
  data: Partial<DataSetup>;
  layers: Partial<LayerSetup>[];
  training?: Partial<Setup["training"]>;
}

const tanh = (...widths: number[]) => widths.map((neurons) => ({ neurons }));
const sigmoid = (...widths: number[]) =>
  widths.map((neurons) => ({ neurons, activation: "sigmoid" }));
const lesson = {
  data: { n: 500, noise: 0.05, test_share: 0 },
  layers: sigmoid(4, 8),
  training: { optimizer: "sgd", cost: "mse", learning_rate: 5 },
};

// The same draw of the lesson's weights fails along both steps, and one change, the initial weights,
// cures both: the constants and the measurements are those of neurona/lesson/cure.py.
const deep = {
  ...lesson,
  layers: sigmoid(4, 8, 16, 8, 4),
  training: { ...lesson.training, initializer: "uniform", seed: 232 },
};

/** By the key of their name in the texts. */
export const PRESETS = {
  lesson,
  three: { data: { kind: "blobs", classes: 3, noise: 0.1 }, layers: tanh(6) },
  xor: { data: { kind: "xor", noise: 0.1 }, layers: tanh(3) },
  wave: { data: { kind: "wave", noise: 0.1 }, layers: tanh(8, 8) },
  stuck: {
    ...deep,
    training: { ...deep.training, optimizer: "lesson", learning_rate: 0.01 },
  },
  gradient: deep,
  spiral: {
    data: { kind: "spirals", n: 400, noise: 0.02 },
    layers: tanh(3, 3),
    training: { learning_rate: 0.02 },
  },
  flat: { data: { kind: "xor", noise: 0.1 }, layers: [] },
  heart: { data: { kind: "moons", n: 80, noise: 0.3, test_share: 0.5 }, layers: tanh(16, 16) },
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

export function isPreset(key: string | null): key is PresetName {
  return key !== null && Object.hasOwn(PRESETS, key);
}

/** The whole set-up of a preset. */
export function presetSetup(key: PresetName, defaults: Setup): Setup {
  const { data, layers, training }: Preset = PRESETS[key];
  return {
    ...defaults,
    data: { ...defaults.data, ...data },
    layers: layers.map((one) => ({ ...newLayer(defaults), ...one })),
    training: { ...defaults.training, ...training },
  };
}

/** A hidden layer with the server's defaults. */
export function newLayer({ layers }: Setup): LayerSetup {
  return layers[0] ?? { neurons: 1, activation: "tanh", learning_rate: null };
}
