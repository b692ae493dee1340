// The history as the plot wants it.

import type uPlot from "uplot";

/** Columns over the steps of all branches together, sorted; a logarithm has no zero. */
export function dataOf(rows: Float32Array, branches: number, log: boolean): uPlot.AlignedData {
  const order = Array.from({ length: rows.length / 4 }, (_, i) => i)
    .sort((a, b) => (rows[4 * a] ?? 0) - (rows[4 * b] ?? 0));
  const shown = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) || (log && value <= 0) ? null : value;
  const steps = order.map((i) => rows[4 * i] ?? 0);
  const columns: (number | null)[][] = [];
  for (let k = 0; k < branches; k += 1) {
    for (const place of [1, 2]) {
      columns.push(order.map((i) => (rows[4 * i + 3] === k ? shown(rows[4 * i + place]) : null)));
    }
  }
  return [steps, ...columns] as uPlot.AlignedData;
}
