// The challenge that was taken up: what has to hold, and what holds already.

import { GOALS, type Goal, isReady, judged } from "../ready";
import type { Store } from "../store";
import { nameOf } from "./Transport";

export function Challenge({ store }: { store: Store }) {
  const { challenge, text, setup, frame, run } = store;
  const t = text.value;
  const key = challenge.value;
  const goal = isReady(key) ? GOALS[key] : undefined;
  if (!isReady(key) || !goal) return null;
  const said: Record<keyof Goal, (asked: number) => string> = {
    accuracy: (asked) => t.goal_accuracy.replace("{n}", String(Math.round(100 * asked))),
    cost: (asked) => t.goal_cost.replace("{n}", String(asked)),
    test_cost: (asked) => t.goal_test_cost.replace("{n}", String(asked)),
    steps: (asked) => t.goal_steps.replace("{n}", asked.toLocaleString(t.locale)),
    neurons: (asked) => t.goal_neurons.replace("{n}", String(asked)),
    layers: (asked) => t.goal_layers.replace("{n}", String(asked)),
  };
  const parts = judged(goal, run.value?.setup ?? setup.value, frame.value);
  const solved = parts.every(([, , holds]) => holds);
  return (
    <section class={`challenge ${solved ? "solved" : ""}`} aria-label={t.challenge}>
      <strong>
        {solved ? `✓ ${t.solved}` : t.challenge}: {nameOf(key, store)}.
      </strong>
      <ul>
        {parts.map(([name, asked, holds]) => (
          <li key={name} class={holds ? "holds" : ""}>
            <span aria-hidden="true">{holds ? "✓" : "○"}</span> {said[name](asked)}
            <span class="unseen">{holds ? t.holds : t.holds_not}</span>
          </li>
        ))}
      </ul>
      <button
        type="button"
        onClick={() => {
          challenge.value = null;
        }}
      >
        {t.dismiss}
      </button>
    </section>
  );
}
