// What classes and inputs are called: as in the table that they come from, or else 0, 1 and x₁, x₂.

import type { Run } from "./store";

/** The name of a class, or its number where it has none. */
export function classOf(run: Run | null, k: number): string {
  return namesOf(run)[k] ?? String(k);
}

/** The names of the classes; none, where they are numbers alone. */
export function namesOf(run: Run | null): string[] {
  const data = run?.setup.data;
  return data?.kind === "own" && run?.classes ? data.class_names : [];
}

/** The columns of a table that x₁ and x₂ come from, or null. */
export function axesOf(run: Run | null): [string, string] | null {
  const data = run?.setup.data;
  const [x1, x2] = data?.kind === "own" ? data.columns : [];
  return x1 !== undefined && x2 !== undefined ? [x1, x2] : null;
}

/** What an output of the network is the probability of, or null. */
export function outputOf(run: Run, index: number): string | null {
  return namesOf(run)[run.outputs > 1 ? index : 1] ?? null;
}
