// The toolbar: play and pause, the step counter, the optimizer, presets.

import { GOALS } from "../state/challenges";
import { presetName } from "../state/labels";
import { isPreset, PRESETS, type PresetName, presetSetup } from "../state/presets";
import type { Setup } from "../state/setup";
import type { Store } from "../state/store";
import { NumberField, Select } from "./controls";
import { DownloadMenu } from "./DownloadMenu";

const SPEEDS = ["full", "1000", "100", "10", "1"];
const THEMES = ["auto", "light", "dark"] as const;

export function Toolbar({ store }: { store: Store }) {
  const { text, frame, setup, send, changeSetup, limits, language, theme, hidden, speed } = store;
  const t = text.value;
  const now = frame.value;
  const training = setup.value.training;
  const learn = (more: Partial<Setup["training"]>) =>
    changeSetup({ ...setup.value, training: { ...training, ...more } });
  const known = limits.value.training;
  const keys = Object.keys(PRESETS) as PresetName[];
  const named = (some: PresetName[]) =>
    some.map((key) => (
      <option value={key} key={key}>
        {presetName(key, t)}
      </option>
    ));
  return (
    <header class="bar">
      <h1>neurona</h1>
      <div class="group" role="group" aria-label={t.training_group}>
        <button
          type="button"
          class="main"
          aria-pressed={now?.playing ?? false}
          onClick={() => send(now?.playing ? "pause" : "play")}
        >
          {now?.playing ? t.pause : t.play}
        </button>
        <button type="button" onClick={() => send("step")}>
          {t.step}
        </button>
        <button type="button" onClick={() => send("reset")}>
          {t.reset}
        </button>
        <button type="button" onClick={() => send("reseed")}>
          {t.reseed}
        </button>
      </div>
      <div class="fields">
        <Select
          label={t.speed}
          value={String(speed.value ?? "full")}
          options={SPEEDS}
          name={(one) => (one === "full" ? t.full : `${one} ${t.rate}`)}
          onChange={(one) => store.setSpeed(one === "full" ? null : Number(one))}
        />
      </div>
      <dl class="clock">
        <div>
          <dt>{t.steps}</dt>
          <dd class="step">{(now?.step ?? 0).toLocaleString(language.value)}</dd>
        </div>
        <div>
          <dt>{t.epoch}</dt>
          <dd>{(now?.epoch ?? 0).toLocaleString(language.value)}</dd>
        </div>
        <div>
          <dt>{t.rate}</dt>
          <dd>{Math.round(now?.steps_per_second ?? 0).toLocaleString(language.value)}</dd>
        </div>
      </dl>
      <div class="group fields last">
        <Select
          label={t.theme}
          value={theme.value}
          options={THEMES}
          name={(one) => t[one as (typeof THEMES)[number]]}
          onChange={(one) => {
            theme.value = one as (typeof THEMES)[number];
          }}
        />
        <Select
          label={t.language}
          value={language.value}
          options={["en", "es"]}
          name={(one) => (one === "en" ? "English" : "Español")}
          onChange={(one) => {
            language.value = one === "es" ? "es" : "en";
          }}
        />
        <DownloadMenu store={store} />
      </div>
      {!hidden.includes("optimizer") && (
        <div class="group fields">
          <NumberField
            label={t.learning_rate}
            value={training.learning_rate}
            limits={known.learning_rate}
            step="any"
            onChange={(value) => value && learn({ learning_rate: value })}
          />
          <Select
            label={t.optimizer}
            value={training.optimizer}
            options={known.optimizer}
            name={(one) => (one === "lesson" ? t.lesson_step : one)}
            onChange={(optimizer) => learn({ optimizer })}
          />
          <Select
            label={t.cost}
            value={training.cost}
            options={known.cost}
            name={(one) => (one === "auto" ? t.auto : one)}
            onChange={(cost) => learn({ cost })}
          />
          <NumberField
            label={t.batch}
            value={training.batch_size}
            limits={known.batch_size}
            step={1}
            empty={t.all}
            onChange={(value) => learn({ batch_size: value })}
          />
          <NumberField
            label={t.l1}
            value={training.l1}
            limits={known.l1}
            step="any"
            onChange={(value) => learn({ l1: value ?? 0 })}
          />
          <NumberField
            label={t.l2}
            value={training.l2}
            limits={known.l2}
            step="any"
            onChange={(value) => learn({ l2: value ?? 0 })}
          />
          <Select
            label={t.initializer}
            value={training.initializer}
            options={known.initializer}
            onChange={(initializer) => learn({ initializer })}
          />
        </div>
      )}
      <div class="group fields ready">
        <button
          type="button"
          aria-pressed={store.microscope.open.value}
          onClick={store.microscope.toggle}
        >
          {t.microscope}
        </button>
        <label class="field">
          <span>{t.ready}</span>
          <select
            value=""
            onChange={(e) => {
              const key = e.currentTarget.value;
              if (!isPreset(key)) return;
              store.challenge.value = GOALS[key] ? key : null;
              changeSetup(presetSetup(key, store.defaults.value));
            }}
          >
            <option value="">{t.choose}</option>
            {named(keys.filter((key) => !GOALS[key]))}
            <optgroup label={t.challenges}>{named(keys.filter((key) => GOALS[key]))}</optgroup>
          </select>
        </label>
      </div>
    </header>
  );
}
