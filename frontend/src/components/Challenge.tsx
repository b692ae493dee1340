// The current challenge: its goals, and which of them are met.

import { useState } from "preact/hooks";
import { fill } from "../i18n";
import { evaluateGoal, GOALS, type Goal } from "../state/challenges";
import type { Store } from "../state/store";

/** The challenge after this one, round the circle. */
function nextOf(key: string, names: string[]): string {
  const known = Object.keys(GOALS).filter((name) => names.includes(name));
  return known[(known.indexOf(key) + 1) % known.length] ?? key;
}

export function Challenge({ store }: { store: Store }) {
  const { challenge, text, setup, frame, run, write } = store;
  const [hinted, setHinted] = useState<string | null>(null); // the challenge whose hint is shown
  const own = store.goal.value;
  const t = text.value;
  const key = challenge.value;
  const goal = own ?? (key === null ? undefined : GOALS[key]);
  if (!goal) return null;
  const describe: Record<keyof Goal, (bound: number) => string> = {
    accuracy: (asked) => fill(t.goal_accuracy, { n: Math.round(100 * asked) }),
    cost: (asked) => fill(t.goal_cost, { n: write(asked) }),
    test_cost: (asked) => fill(t.goal_test_cost, { n: write(asked) }),
    steps: (asked) => fill(t.goal_steps, { n: write(asked) }),
    neurons: (asked) => fill(t.goal_neurons, { n: write(asked) }),
    layers: (asked) => fill(t.goal_layers, { n: write(asked) }),
  };
  const words = key === null || own ? undefined : t.challenge_words[key as "spiral"];
  const parts = evaluateGoal(goal, run.value?.setup ?? setup.value, frame.value);
  const solved = parts.every(([, , holds]) => holds);
  return (
    <section class={`challenge ${solved ? "solved" : ""}`} aria-label={t.challenge}>
      <strong>{solved ? `✓ ${t.solved}` : own ? t.classroom.goal : t.challenge}:</strong>
      <ul>
        {parts.map(([name, asked, holds]) => (
          <li key={name} class={holds ? "holds" : ""}>
            <span aria-hidden="true">{holds ? "✓" : "○"}</span> {describe[name](asked)}
            <span class="unseen">{holds ? t.holds : t.holds_not}</span>
          </li>
        ))}
      </ul>
      {words && !solved && hinted !== key && (
        <button type="button" class="flat" onClick={() => setHinted(key)}>
          {t.tour.hint}
        </button>
      )}
      {words && (solved || hinted === key) && (
        <p role="status">{solved ? words.explanation : words.hint}</p>
      )}
      {key !== null && !own && solved && (
        <button
          type="button"
          class="flat"
          onClick={() => store.openExample(nextOf(key, Object.keys(store.examples.value)))}
        >
          {t.next_challenge}
        </button>
      )}
      <button
        type="button"
        class="away"
        aria-label={t.dismiss}
        onClick={() => {
          challenge.value = null;
          store.goal.value = null;
        }}
      >
        ×
      </button>
    </section>
  );
}
