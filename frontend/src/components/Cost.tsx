// The cost: its curve, the scores, and the moments of the history.

import { writeNumber } from "../i18n/numbers";
import type { Store } from "../state/store";
import { CompareWith, Comparison, Miniature } from "./Comparison";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { CostCurve } from "./CostCurve";
import { Checkbox } from "./controls";
import { TimeSlider } from "./TimeSlider";

export function Cost({ store }: { store: Store }) {
  const { text, frame, logarithmic, language, run } = store;
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
          <i class="line-key" />
          <b class="cost">{number(now?.cost)}</b>
          {now?.accuracy != null && ` · ${t.accuracy} ${share(now.accuracy)}`}
          {now?.test_cost != null && (
            <>
              {" · "}
              <i class="line-key test" />
              {t.test} {number(now.test_cost)}
            </>
          )}
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
        <CompareWith store={store} />
      </header>
      <Comparison store={store} />
      <div class="plot">
        <div class="course">
          <CostCurve store={store} />
          <TimeSlider store={store} />
        </div>
        <Miniature store={store} />
      </div>
    </section>
  );
}
