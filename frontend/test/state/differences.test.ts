import { expect, test } from "vitest";
import { TEXTS } from "../../src/i18n";
import { differences } from "../../src/state/differences";
import { SETUP } from "../support";

const { training } = SETUP;

test("what differs is named, with both values, as the language writes them", () => {
  const after = {
    ...SETUP,
    training: { ...training, initializer: "orthogonal", learning_rate: 0.25 },
  };
  const before = { ...SETUP, training: { ...training, initializer: "uniform", learning_rate: 5 } };
  expect(differences(before, after, TEXTS.en, "en")).toEqual([
    "Learning rate: 5 → 0.25",
    "Initial weights: uniform → orthogonal",
  ]);
  expect(differences(before, after, TEXTS.es, "es")).toEqual([
    "Tasa de aprendizaje: 5 → 0,25",
    "Pesos iniciales: uniformes → ortogonales",
  ]);
});

test("another number of layers is not another rate", () => {
  const more = { ...SETUP, layers: [...SETUP.layers, ...SETUP.layers] };
  expect(differences(SETUP, more, TEXTS.en, "en").join()).toMatch(/^Layers: [^,]*$/);
});

test("equal set-ups do not differ, and a weight set by hand is a detail", () => {
  expect(differences(SETUP, SETUP, TEXTS.en, "en")).toEqual([]);
  expect(differences(SETUP, { ...SETUP, frozen: [1] }, TEXTS.en, "en")).toHaveLength(1);
});
