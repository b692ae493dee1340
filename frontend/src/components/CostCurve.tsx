// Training and test cost by step; branches that were left are faint.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { branchIds, plotData } from "../drawing/cost-curve";
import type { Store } from "../state/store";

export function CostCurve({ store }: { store: Store }) {
  const { history, logarithmic, text, resolvedTheme, frame } = store;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const rows = history.value;
  const branches = branchIds(rows);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const ink = style.getPropertyValue("--soft").trim();
    const grid = style.getPropertyValue("--line").trim();
    const train = style.getPropertyValue("--train").trim();
    const test = style.getPropertyValue("--test").trim();
    const filter = logarithmic.value ? decades : undefined;
    const plain = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    const lines = { stroke: grid, width: 1, filter };
    const powers = { ...plain, filter, grid: lines, ticks: lines, values: named, size: 56 };
    const series: uPlot.Series[] = [{}];
    for (let k = 1; k <= branches.length; k += 1) {
      const alpha = k === branches.length ? 1 : 0.35;
      series.push({ stroke: train, width: 2, alpha, spanGaps: true, points: { show: false } });
      series.push({ stroke: test, width: 2, alpha, spanGaps: true, points: { show: false } });
    }
    plot.current = new uPlot(
      {
        width: element.clientWidth || 320,
        height: heightOf(),
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { distr: logarithmic.value ? 3 : 1 } },
        axes: [plain, logarithmic.value ? powers : { ...plain, size: 56 }],
        series,
      },
      plotData(rows, branches, logarithmic.value),
      element,
    );
    const fit = () =>
      plot.current?.setSize({ width: element.clientWidth || 320, height: heightOf() });
    const resized = new ResizeObserver(fit);
    resized.observe(element);
    addEventListener("resize", fit); // the height follows the window, which no observer sees
    return () => {
      resized.disconnect();
      removeEventListener("resize", fit);
      plot.current?.destroy();
    };
  }, [branches.length, logarithmic.value, resolvedTheme.value]);
  useEffect(() => {
    plot.current?.setData(plotData(rows, branches, logarithmic.value));
  }, [rows]);
  const cost = frame.value?.cost;
  return (
    <div
      class="curve"
      ref={box}
      role="img"
      aria-label={`${text.value.curve}: ${cost === null || cost === undefined ? "" : cost}`}
    />
  );
}

/** The height in pixels: less in a low window, so that the page fits on one screen. */
function heightOf(): number {
  return Math.max(110, Math.min(170, innerHeight - 740));
}

/** Keep the powers of ten of a logarithmic axis, and no more than fit. */
function decades(plot: uPlot, splits: number[]): (number | null)[] {
  const powers = splits.map((one) => Math.log10(one));
  const whole = powers.map((one) => Math.abs(one - Math.round(one)) < 1e-6);
  const room = Math.max(2, Math.floor(plot.height / 32));
  const stride = Math.ceil(whole.filter(Boolean).length / room);
  return splits.map((one, i) =>
    whole[i] && Math.round(powers[i] ?? 0) % stride === 0 ? one : null,
  );
}

function named(_: uPlot, splits: (number | null)[]): (string | null)[] {
  return splits.map((one) =>
    one === null ? null : one >= 0.01 ? String(one) : one.toExponential(0),
  );
}
