// Training and test cost by step. Branches that were left are faint; an earlier run is a ghost.

import { useEffect, useRef } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import { type Curve, paintCosts } from "../drawing/cost-curve";
import { fill } from "../i18n";
import { branchIds, costAt, ofBranch, stepAt, testCostAt } from "../state/moments";
import type { Store } from "../state/store";
import { useSize } from "./room";

export function CostCurve({ store }: { store: Store }) {
  const { history, logarithmic, text, resolvedTheme, frame, language, run, runs, write } = store;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(canvas);
  const rows = history.value;
  const t = text.value;
  const now = frame.value;
  const ghost = runs.shown.value;
  const back = now && now.at < now.snapshots - 1 ? now.step : null;
  useEffect(() => {
    const element = canvas.current;
    if (!element || !run.value) return;
    const palette = paletteOf(element);
    const { trivial_cost: cost, trivial } = run.value;
    const answer = trivial.length === 1 ? write(trivial[0], 2) : null;
    const curves: Curve[] = [];
    if (ghost) curves.push({ ...ghost.curve, color: palette.edge, width: 2, dashes: [2, 3] });
    const branches = branchIds(rows);
    branches.forEach((branch, k) => {
      const own = ofBranch(rows, branch);
      const steps = own.map((i) => stepAt(rows, i));
      const faint = k + 1 < branches.length;
      const line = (costs: number[]) => ({ steps, costs, faint });
      const tests = own.map((i) => testCostAt(rows, i));
      if (tests.some(Number.isFinite))
        curves.push({ ...line(tests), color: palette.soft, width: 1.25 });
      curves.push({ ...line(own.map((i) => costAt(rows, i))), color: palette.ink, width: 2 });
    });
    paintCosts(
      element,
      {
        curves,
        last: runs.lastStep(rows),
        log: logarithmic.value,
        trivial: Number.isFinite(cost)
          ? {
              cost,
              name: answer ? fill(t.drawings.trivial_always, { p: answer }) : t.drawings.trivial,
            }
          : null,
        at: back,
        stepName: t.drawings.steps,
        write: (value) => write(value, 3),
      },
      palette,
    );
  }, [
    rows,
    run.value,
    ghost,
    back,
    logarithmic.value,
    resolvedTheme.value,
    language.value,
    width,
    height,
  ]);
  return (
    <div class="curve">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${t.curve}: ${write(now?.cost)}; ${t.drawings.trivial}: ${write(run.value?.trivial_cost)}`}
      />
    </div>
  );
}
