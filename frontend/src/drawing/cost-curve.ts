// The history of costs as columns for uPlot.

import type uPlot from "uplot";

/** The ids of all branches, the newest last. */
export function branchIds(rows: Float32Array): number[] {
  const ids = new Set<number>();
  for (let i = 3; i < rows.length; i += 4) ids.add(rows[i] ?? 0);
  return [...ids].sort((a, b) => a - b);
}

/** Two columns for each branch over the sorted steps of all; a logarithmic plot has no zero. */
export function plotData(rows: Float32Array, branches: number[], log: boolean): uPlot.AlignedData {
  const order = Array.from({ length: rows.length / 4 }, (_, i) => i).sort(
    (a, b) => (rows[4 * a] ?? 0) - (rows[4 * b] ?? 0),
  );
  const shown = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) || (log && value <= 0) ? null : value;
  const steps = order.map((i) => rows[4 * i] ?? 0);
  // Each branch has a column of training costs and one of test costs.
  const columns = branches.flatMap((branch) =>
    [1, 2].map((offset) =>
      order.map((i) => (rows[4 * i + 3] === branch ? shown(rows[4 * i + offset]) : null)),
    ),
  );
  return [steps, ...columns] as uPlot.AlignedData;
}
