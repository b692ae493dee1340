// Two set-ups on one plot: the earlier run with its last picture, and what differs, in words.

import { useEffect, useRef } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import { makeSurfacePainter } from "../drawing/surface";
import { fill } from "../i18n";
import { differences } from "../state/differences";
import type { PastRun } from "../state/runs";
import type { Store } from "../state/store";

/** Chooses what to compare with. */
export function CompareWith({ store }: { store: Store }) {
  const { text, runs, run, history, frame, language, write } = store;
  const t = text.value;
  const now = run.value;
  const earlier = runs.comparable.value;
  return (
    <select
      class="plain compare"
      aria-label={t.drawings.compare}
      value=""
      onChange={(event) => {
        const { value } = event.currentTarget;
        event.currentTarget.value = "";
        if (value === "none") runs.unpin();
        else
          runs.pin(
            earlier.find(({ id }) => String(id) === value) ?? null,
            history.value,
            frame.value,
          );
      }}
    >
      <option value="">{t.drawings.compare}</option>
      <option value="now">{t.drawings.this_run}</option>
      {now &&
        [...earlier].reverse().map((one) => (
          <option value={one.id} key={one.id}>
            {nameOf(one, store)}
          </option>
        ))}
      {runs.pinned.value && <option value="none">{t.drawings.nothing}</option>}
    </select>
  );

  function nameOf(one: PastRun, { run: of }: Store): string {
    const differs = of.value ? differences(of.value.setup, one.run.setup, t, language.value) : [];
    const cost = one.curve.costs.at(-1) ?? Number.NaN;
    return `${differs.join("; ") || t.drawings.same_setup} (${write(cost)})`;
  }
}

/** The run that is compared with: its picture, its numbers, and what differs. */
export function Comparison({ store }: { store: Store }) {
  const { text, runs, run, frame, language, write } = store;
  const t = text.value.drawings;
  const past = runs.shown.value;
  const now = run.value;
  if (!past || !now) return null;
  const differs = differences(past.run.setup, now.setup, text.value, language.value);
  const step = frame.value?.step ?? 0;
  const pinned = runs.pinned.value === past;
  return (
    <div class={`comparison ${pinned ? "pinned" : ""}`}>
      <p title={differs.join("; ")}>
        <i class="line-key ghost" />
        {pinned ? t.compared : t.last_run}
        {": "}
        {differs.length ? differs.join("; ") : t.same_setup}.{" "}
        {pinned && (
          <>
            {fill(t.at_step, { step: write(step) })} <b>{write(costNear(past, step))}</b>
            {" → "}
            <b>{write(frame.value?.cost)}</b>.
          </>
        )}
      </p>
      {pinned && (
        <button type="button" class="flat" onClick={runs.unpin}>
          {text.value.close}
        </button>
      )}
    </div>
  );
}

/** The cost of an earlier run at a step; that of its end beyond it. */
function costNear({ curve: { steps, costs } }: PastRun, step: number): number {
  let k = 0;
  while (k + 1 < steps.length && (steps[k + 1] ?? 0) <= step) k += 1;
  return costs[k] ?? Number.NaN;
}

/** The last prediction of the run that is compared with, beside the curves. */
export function Miniature({ store }: { store: Store }) {
  const { runs, text, resolvedTheme } = store;
  const canvas = useRef<HTMLCanvasElement>(null);
  const past = runs.shown.value;
  const pinned = past !== null && runs.pinned.value === past;
  const theme = resolvedTheme.value;
  useEffect(() => {
    if (canvas.current && past?.predictions)
      makeSurfacePainter(canvas.current, paletteOf(canvas.current))(past.predictions, false);
  }, [past, pinned, theme]);
  if (!pinned || !past.predictions) return null;
  return (
    <figure class="miniature">
      <canvas ref={canvas} role="img" aria-label={text.value.drawings.its_picture} />
      <figcaption>{text.value.drawings.compared}</figcaption>
    </figure>
  );
}
