// The cost: its curve, the scores, and the moments of the history.

import { writeCost } from "../i18n/numbers";
import type { Store } from "../state/store";
import { CompareWith, Comparison, Miniature } from "./Comparison";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { CostCurve } from "./CostCurve";
import { Checkbox } from "./controls";
import { TimeSlider } from "./TimeSlider";

export function Cost({ store }: { store: Store }) {
  const { text, frame, logarithmic, write, run, language } = store;
  const t = text.value;
  const now = frame.value;
  const share = (value: number) => `${write(Math.round(1000 * value) / 10)} %`;
  return (
    <section class="block cost-block" aria-label={t.cost}>
      <header class="head-row">
        <h2>{t.cost}</h2>
        <p class="scores">
          <i class="line-key" />
          <b class="cost">
            {now?.cost == null ? write(null) : writeCost(now.cost, language.value)}
          </b>
          {now?.accuracy != null && ` · ${t.accuracy} ${share(now.accuracy)}`}
          {now?.test_cost != null && (
            <>
              {" · "}
              <i class="line-key test" />
              {t.test} {writeCost(now.test_cost, language.value)}
            </>
          )}
          {now?.test_accuracy != null && ` · ${share(now.test_accuracy)}`}
        </p>
        <div class="cost-tools">
          <Checkbox
            label={t.log}
            word="log"
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
        </div>
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
