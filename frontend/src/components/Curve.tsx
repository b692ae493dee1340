// The costs of training and test by step, a faint line for each branch that was left.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { dataOf } from "../curve";
import type { Store } from "../store";

export function Curve({ store }: { store: Store }) {
  const { history, logarithmic, text, shade, frame } = store;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const rows = history.value;
  const branches = 1 + highest(rows);
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const style = getComputedStyle(place);
    const ink = style.getPropertyValue("--ink-soft").trim();
    const grid = style.getPropertyValue("--line").trim();
    const train = style.getPropertyValue("--train").trim();
    const test = style.getPropertyValue("--test").trim();
    const filter = logarithmic.value ? decades : undefined;
    const plain = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    const lines = { stroke: grid, width: 1, filter };
    const powers = { ...plain, filter, grid: lines, ticks: lines, values: named, size: 56 };
    const series: uPlot.Series[] = [{}];
    for (let k = 0; k < branches; k += 1) {
      const alpha = k + 1 === branches ? 1 : 0.35;
      series.push({ stroke: train, width: 2, alpha, spanGaps: true, points: { show: false } });
      series.push({ stroke: test, width: 2, alpha, spanGaps: true, points: { show: false } });
    }
    plot.current = new uPlot(
      {
        width: place.clientWidth || 320,
        height: 170,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { distr: logarithmic.value ? 3 : 1 } },
        axes: [plain, logarithmic.value ? powers : { ...plain, size: 56 }],
        series,
      },
      dataOf(rows, branches, logarithmic.value),
      place,
    );
    return () => plot.current?.destroy();
  }, [branches, logarithmic.value, shade.value]);
  useEffect(() => {
    plot.current?.setData(dataOf(rows, branches, logarithmic.value));
  }, [rows]);
  const cost = frame.value?.cost;
  return (
    <div
      class="curve" ref={box} role="img"
      aria-label={`${text.value.curve}: ${cost === null || cost === undefined ? "" : cost}`}
    />
  );
}

/** Of a logarithmic axis only the powers of ten are shown. */
function decades(_: uPlot, splits: number[]): (number | null)[] {
  return splits.map((one) => (Math.abs(Math.log10(one) % 1) < 1e-6 ? one : null));
}

function named(_: uPlot, splits: (number | null)[]): (string | null)[] {
  return splits.map((one) => (one === null ? null : one >= 0.01 ? String(one) : one.toExponential(0)));
}

function highest(rows: Float32Array): number {
  let most = 0;
  for (let i = 3; i < rows.length; i += 4) most = Math.max(most, rows[i] ?? 0);
  return most;
}
