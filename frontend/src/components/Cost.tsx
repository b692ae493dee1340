// The cost: its curve, the scores, and the moments of the history.

import { writeNumber } from "../i18n/numbers";
import type { Store } from "../state/store";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { CostCurve } from "./CostCurve";
import { Checkbox } from "./controls";

export function Cost({ store }: { store: Store }) {
  const { text, frame, logarithmic, send, language, run } = store;
  const t = text.value;
  const now = frame.value;
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? "–" : writeNumber(value, language.value);
  const share = (value: number | null | undefined) =>
    value === null || value === undefined
      ? "–"
      : `${writeNumber(Math.round(1000 * value) / 10, language.value)} %`;
  return (
    <section class="block cost-block" aria-label={t.cost}>
      <header class="head-row">
        <h2>{t.cost}</h2>
        <p class="scores">
          <b class="cost">{number(now?.cost)}</b>
          {now?.accuracy != null && ` · ${t.accuracy} ${share(now.accuracy)}`}
          {now?.test_cost != null && ` · ${t.test} ${number(now.test_cost)}`}
          {now?.test_accuracy != null && ` · ${share(now.test_accuracy)}`}
        </p>
        <Checkbox
          label={t.log}
          on={logarithmic.value}
          onChange={(on) => {
            logarithmic.value = on;
          }}
        />
        {(run.value?.classes ?? 0) > 1 && (
          <details class="matrix">
            <summary>{t.confusion}</summary>
            <ConfusionMatrix store={store} />
          </details>
        )}
      </header>
      <CostCurve store={store} />
      <div class="time-row">
        <input
          type="range"
          min={0}
          max={Math.max(0, (now?.snapshots ?? 1) - 1)}
          value={now?.at ?? 0}
          aria-label={t.time}
          aria-valuetext={`${t.steps} ${now?.step ?? 0}`}
          onInput={(e) => send("seek", { index: Number(e.currentTarget.value) })}
        />
        <button
          type="button"
          class="flat"
          disabled={!now || now.at >= now.snapshots - 1}
          onClick={() => send("branch")}
        >
          {t.branch}
        </button>
      </div>
    </section>
  );
}
