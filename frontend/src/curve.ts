// The history as the plot wants it.

import type uPlot from "uplot";

/** The numbers of the branches that are there, the newest last. */
export function branchesOf(rows: Float32Array): number[] {
  const there = new Set<number>();
  for (let i = 3; i < rows.length; i += 4) there.add(rows[i] ?? 0);
  return [...there].sort((a, b) => a - b);
}

/** Columns over the steps of all branches together, sorted; a logarithm has no zero. */
export function dataOf(rows: Float32Array, branches: number[], log: boolean): uPlot.AlignedData {
  const order = Array.from({ length: rows.length / 4 }, (_, i) => i).sort(
    (a, b) => (rows[4 * a] ?? 0) - (rows[4 * b] ?? 0),
  );
  const shown = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) || (log && value <= 0) ? null : value;
  const steps = order.map((i) => rows[4 * i] ?? 0);
  const places = new Map(branches.map((branch, k) => [branch, 2 * k]));
  const columns = Array.from({ length: 2 * branches.length }, () =>
    new Array<number | null>(order.length).fill(null),
  );
  order.forEach((i, at) => {
    const k = places.get(rows[4 * i + 3] ?? 0) ?? 0;
    for (const place of [1, 2]) columns[k + place - 1]![at] = shown(rows[4 * i + place]);
  });
  return [steps, ...columns] as uPlot.AlignedData;
}
