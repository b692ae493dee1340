// The one row of what one needs first: example, train, step, reset, speed, settings.

import { GOALS } from "../state/challenges";
import { exampleOf } from "../state/examples";
import { exampleName } from "../state/labels";
import type { Store } from "../state/store";
import { Hint } from "./Hint";
import { hasSettings } from "./Settings";
import { WordCard } from "./WordCard";

const SPEEDS = ["1", "10", "50", "500", "5000", "full"];

export function MainControls({ store }: { store: Store }) {
  const { text, frame, send, tool, hidden } = store;
  const t = text.value;
  const playing = frame.value?.playing ?? false;
  return (
    <section class="controls" aria-label={t.shell.controls}>
      <Examples store={store} />
      <div class="train-row" role="group" aria-label={t.training_group}>
        <button
          type="button"
          class="main"
          aria-pressed={playing}
          onClick={() => send(playing ? "pause" : "play")}
        >
          {playing ? t.pause : t.play}
        </button>
        <Hint store={store} name="train" />
        <button type="button" onClick={() => send("step")}>
          {t.step}
        </button>
        <button type="button" onClick={() => send("reset")}>
          {t.reset}
        </button>
      </div>
      <Speed store={store} />
      {hasSettings(hidden) && (
        <button
          type="button"
          class="flat settings-link"
          aria-pressed={tool.value === "settings"}
          onClick={() => store.toggleTool("settings")}
        >
          {t.shell.tool.settings}
        </button>
      )}
      <Clock store={store} />
    </section>
  );
}

function Examples({ store }: { store: Store }) {
  const { text, examples, openExample, setup } = store;
  const t = text.value;
  const keys = Object.keys(examples.value);
  const named = (some: string[]) =>
    some.map((key) => (
      <option value={key} key={key}>
        {exampleName(key, t)}
      </option>
    ));
  return (
    <label class="example">
      <span>{t.ready}</span>
      <select
        value={exampleOf(setup.value, examples.value) ?? ""}
        onChange={(e) => openExample(e.currentTarget.value)}
      >
        <option value="">{t.choose}</option>
        {named(keys.filter((key) => !GOALS[key]))}
        <optgroup label={t.challenges}>{named(keys.filter((key) => GOALS[key]))}</optgroup>
      </select>
    </label>
  );
}

function Speed({ store }: { store: Store }) {
  const { text, write, speed } = store;
  const t = text.value;
  const name = (one: string) => {
    if (one === "full") return t.full;
    const unit = one === "1" ? t.shell.step_a_second : t.rate;
    return `${write(Number(one))} ${unit}`;
  };
  return (
    <span class="speed">
      <select
        aria-label={t.speed}
        value={String(speed.value ?? "full")}
        onChange={(e) => {
          const one = e.currentTarget.value;
          store.setSpeed(one === "full" ? null : Number(one));
        }}
      >
        {SPEEDS.map((one) => (
          <option value={one} key={one}>
            {name(one)}
          </option>
        ))}
      </select>
      <WordCard word="speed" label={t.speed} />
    </span>
  );
}

/** The step; the epoch, where a step takes only some of the points; the speed, where none is set. */
function Clock({ store }: { store: Store }) {
  const { text, frame, run, speed, write } = store;
  const t = text.value;
  const now = frame.value;
  const batches = (run.value?.setup.training.batch_size ?? null) !== null;
  return (
    <dl class="clock">
      {speed.value === null && now?.playing && (
        <div>
          <dt>{t.rate}</dt>
          <dd>{write(Math.round(now.steps_per_second))}</dd>
        </div>
      )}
      {batches && (
        <div>
          <dt>{t.epoch}</dt>
          <dd class="epoch">{write(now?.epoch ?? 0)}</dd>
        </div>
      )}
      <div>
        <dt>{t.steps}</dt>
        <dd class="step">{write(now?.step ?? 0)}</dd>
      </div>
    </dl>
  );
}
