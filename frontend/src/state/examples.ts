// Which example the page shows.

import { isPreset, PRESETS, type PresetName, presetSetup } from "./presets";
import type { Setup } from "./setup";

/** The example that a set-up is, whatever was drawn at random; null if it is none. */
export function exampleOf(setup: Setup, defaults: Setup): PresetName | null {
  const now = essence(setup);
  const names = Object.keys(PRESETS).filter(isPreset);
  return names.find((name) => essence(presetSetup(name, defaults)) === now) ?? null;
}

function essence({ weights: _weights, frozen: _frozen, ...setup }: Setup): string {
  const data = { ...setup.data, seed: 0 };
  const training = { ...setup.training, seed: 0 };
  return JSON.stringify({ ...setup, data, training }, (_, value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
