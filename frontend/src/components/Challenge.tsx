// The current challenge: its goals, and which of them are met.

import { writeNumber } from "../i18n/numbers";
import { evaluateGoal, GOALS, type Goal } from "../state/challenges";
import type { Store } from "../state/store";

export function Challenge({ store }: { store: Store }) {
  const { challenge, text, setup, frame, run, language } = store;
  const own = store.goal.value;
  const t = text.value;
  const key = challenge.value;
  const goal = own ?? (key === null ? undefined : GOALS[key]);
  if (!goal) return null;
  const write = (value: number) => writeNumber(value, language.value);
  const describe: Record<keyof Goal, (bound: number) => string> = {
    accuracy: (asked) => t.goal_accuracy.replace("{n}", String(Math.round(100 * asked))),
    cost: (asked) => t.goal_cost.replace("{n}", write(asked)),
    test_cost: (asked) => t.goal_test_cost.replace("{n}", write(asked)),
    steps: (asked) => t.goal_steps.replace("{n}", write(asked)),
    neurons: (asked) => t.goal_neurons.replace("{n}", write(asked)),
    layers: (asked) => t.goal_layers.replace("{n}", write(asked)),
  };
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
