// Which example the page shows.

import type { Setup } from "./setup";

/** The example that a set-up is, whatever was drawn at random; null if it is none. */
export function exampleOf(setup: Setup, examples: Record<string, Setup>): string | null {
  const now = essence(setup);
  return Object.keys(examples).find((name) => essence(examples[name] as Setup) === now) ?? null;
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
