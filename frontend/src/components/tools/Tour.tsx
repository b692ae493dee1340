// The guided path, in the place of the network's details: a question, its answer, the next stop.

import { useEffect } from "preact/hooks";
import { fill } from "../../i18n";
import { GOALS } from "../../state/challenges";
import type { Store } from "../../state/store";
import { PATH } from "../../state/tour";
import { ToolPanel } from "../ToolPanel";

export function Tour({ store }: { store: Store }) {
  const { tour, text } = store;
  const t = text.value.tour;
  const stop = tour.stop.value;
  const own = t.stops[stop.name];
  useEffect(() => tour.open(), []);
  const phase = tour.phase.value;
  // A site may have recorded none of them.
  const challenge = ["spiral", ...Object.keys(GOALS)].find((one) => store.examples.value[one]);
  const last = tour.index.value === PATH.length - 1;
  // The button that was pressed may be gone: what comes next takes its focus.
  useEffect(() => {
    const root = store.host.root.getRootNode() as Document | ShadowRoot;
    const at = root.activeElement;
    const lost = !at || at === document.body || at.matches(":disabled");
    const next = phase === "right" ? ".onward" : "input";
    if (lost) store.host.root.querySelector<HTMLElement>(`.tour ${next}`)?.focus();
  }, [phase, tour.index.value]);
  return (
    <ToolPanel
      store={store}
      title={own.title}
      note={fill(t.stop_of, { n: tour.index.value + 1 })}
      name="tour"
    >
      <ol class="tour-stops">
        {PATH.map(({ name }, i) => (
          <li key={name} class={tour.solved.value.has(name) ? "solved" : ""}>
            <button
              type="button"
              aria-current={i === tour.index.value ? "step" : undefined}
              onClick={() => tour.go(i)}
            >
              {i + 1}. <span class="stop-name">{t.stops[name].title}</span>
            </button>
          </li>
        ))}
      </ol>
      <p class="tour-story">
        {own.story} <strong>{own.question}</strong>
      </p>
      <fieldset class="tour-options" disabled={phase === "training"}>
        <legend class="unseen">{own.question}</legend>
        {own.options.map((option, i) => (
          <label key={option}>
            <input
              type="radio"
              name="tour-option"
              checked={tour.chosen.value === i}
              onChange={() => tour.choose(i)}
            />
            {option}
          </label>
        ))}
      </fieldset>
      <div class="tour-actions">
        <button
          type="button"
          class="main"
          disabled={tour.chosen.value === null || phase === "training" || phase === "right"}
          onClick={() => tour.check()}
        >
          {stop.verdict ? t.check_by_training : t.check}
        </button>
        {!tour.hinted.value && phase !== "right" && (
          <button type="button" class="link" onClick={() => tour.hint()}>
            {t.hint}
          </button>
        )}
      </div>
      <div role="status" aria-live="polite">
        {tour.hinted.value && phase !== "right" && <p class="tour-hint">{own.hint}</p>}
        {phase === "training" && <p>{t.training}</p>}
        {phase === "wrong" && <p class="tour-verdict">{own.wrong}</p>}
        {phase === "right" && <p class="tour-verdict">{own.explanation}</p>}
      </div>
      {phase === "right" && (
        <div class="tour-actions">
          {last ? (
            <>
              {challenge && (
                <button
                  type="button"
                  class="main onward"
                  onClick={() => {
                    store.tool.value = null;
                    store.openExample(challenge);
                  }}
                >
                  {t.to_challenges}
                </button>
              )}
              <button
                type="button"
                class={challenge ? "link" : "main onward"}
                onClick={() => tour.go(0)}
              >
                {t.again}
              </button>
            </>
          ) : (
            <button type="button" class="main onward" onClick={() => tour.go(tour.index.value + 1)}>
              {t.next}
            </button>
          )}
        </div>
      )}
    </ToolPanel>
  );
}
