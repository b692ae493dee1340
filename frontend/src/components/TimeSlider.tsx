// The moment that is looked at: a slider over the steps, on the axis of the cost's curve.

import { lastStep, nearest, wayTo } from "../state/moments";
import type { Store } from "../state/store";

export function TimeSlider({ store }: { store: Store }) {
  const { text, frame, history, runs, send } = store;
  const t = text.value;
  const now = frame.value;
  const rows = history.value;
  const way = wayTo(rows, now?.branch ?? 0);
  const last = Math.max(lastStep(rows), runs.shown.value?.curve.steps.at(-1) ?? 0);
  const seek = (index: number | undefined) => {
    if (index !== undefined && index >= 0) send("seek", { index });
  };
  return (
    <div class="time-row">
      <input
        type="range"
        min={0}
        max={last}
        value={now?.step ?? 0}
        aria-label={t.time}
        aria-valuetext={`${t.steps} ${now?.step ?? 0}`}
        onInput={(e) => seek(nearest(rows, way, Number(e.currentTarget.value)))}
        onKeyDown={(event) => {
          // A key goes to the next moment, however far away that is.
          const here = way.indexOf(nearest(rows, way, now?.step ?? 0));
          const next = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
          if (!next) return;
          event.preventDefault();
          seek(way[here + next]);
        }}
      />
      {/* In the room between the labels of the axis: the slider keeps its length. */}
      {now && now.at < now.snapshots - 1 && (
        <button type="button" class="flat branch" onClick={() => send("branch")}>
          {t.branch}
        </button>
      )}
    </div>
  );
}
