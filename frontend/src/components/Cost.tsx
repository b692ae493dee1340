// The cost: its curve, the scores, and the moments of the history.

import type { Store } from "../state/store";
import { CompareWith, Comparison, Miniature } from "./Comparison";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { CostCurve } from "./CostCurve";
import { Checkbox } from "./controls";
import { TimeSlider } from "./TimeSlider";

export function Cost({ store }: { store: Store }) {
  const { text, frame, logarithmic, write, run } = store;
  const t = text.value;
  const now = frame.value;
  const share = (value: number) => `${write(Math.round(1000 * value) / 10)} %`;
  return (
    <section class="block cost-block" aria-label={t.cost}>
      <header class="head-row">
        <h2>{t.cost}</h2>
        <p class="scores">
          <i class="line-key" />
          <b class="cost">{write(now?.cost)}</b>
          {now?.accuracy != null && ` · ${t.accuracy} ${share(now.accuracy)}`}
          {now?.test_cost != null && (
            <>
              {" · "}
              <i class="line-key test" />
              {t.test} {write(now.test_cost)}
            </>
          )}
          {now?.test_accuracy != null && ` · ${share(now.test_accuracy)}`}
        </p>
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
