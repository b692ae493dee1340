// The bar above: the run's clock, and how it learns.

import { GOALS, isReady, READY, type Ready } from "../ready";
import type { Setup } from "../setup";
import type { Store } from "../store";
import { Choice, Numeric } from "./controls";
import { TakeHome } from "./TakeHome";

const SPEEDS = ["full", "1000", "100", "10", "1"];
const THEMES = ["auto", "light", "dark"] as const;

export function Transport({ store }: { store: Store }) {
  const { text, frame, setup, send, change, catalog, language, theme, hidden, speed } = store;
  const t = text.value;
  const now = frame.value;
  const training = setup.value.training;
  const learn = (more: Partial<Setup["training"]>) =>
    change({ ...setup.value, training: { ...training, ...more } });
  const known = catalog.value;
  const keys = Object.keys(READY) as Ready[];
  const named = (some: Ready[]) =>
    some.map((key) => (
      <option value={key} key={key}>
        {nameOf(key, store)}
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
        <Choice
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
        <Choice
          label={t.theme}
          value={theme.value}
          options={THEMES}
          name={(one) => t[one as (typeof THEMES)[number]]}
          onChange={(one) => {
            theme.value = one as (typeof THEMES)[number];
          }}
        />
        <Choice
          label={t.language}
          value={language.value}
          options={["en", "es"]}
          name={(one) => (one === "en" ? "English" : "Español")}
          onChange={(one) => {
            language.value = one === "es" ? "es" : "en";
          }}
        />
        <TakeHome store={store} />
      </div>
      {!hidden.includes("optimizer") && known && (
        <div class="group fields">
          <Numeric
            label={t.learning_rate}
            value={training.learning_rate}
            min={0.000001}
            max={1000}
            step="any"
            onChange={(value) => value && learn({ learning_rate: value })}
          />
          <Choice
            label={t.optimizer}
            value={training.optimizer}
            options={known.optimizers}
            onChange={(optimizer) => learn({ optimizer })}
          />
          <Choice
            label={t.cost}
            value={training.cost}
            options={known.costs}
            name={(one) => (one === "auto" ? t.auto : one)}
            onChange={(cost) => learn({ cost })}
          />
          <Numeric
            label={t.batch}
            value={training.batch_size}
            min={1}
            max={2000}
            step={1}
            empty={t.all}
            onChange={(value) => learn({ batch_size: value })}
          />
          <Numeric
            label={t.l1}
            value={training.l1}
            min={0}
            max={10}
            step="any"
            onChange={(value) => learn({ l1: value ?? 0 })}
          />
          <Numeric
            label={t.l2}
            value={training.l2}
            min={0}
            max={10}
            step="any"
            onChange={(value) => learn({ l2: value ?? 0 })}
          />
          <Choice
            label={t.initializer}
            value={training.initializer}
            options={known.initializers}
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
              if (!isReady(key)) return;
              store.challenge.value = GOALS[key] ? key : null;
              change(READY[key]);
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

export function nameOf(key: Ready, { text }: Store): string {
  const t = text.value;
  return {
    lesson: t.lesson,
    stuck: t.stuck,
    spiral: t.spiral,
    three: t.three,
    xor: t.xor_ready,
    wave: t.wave_ready,
    flat: t.flat,
    heart: t.heart,
  }[key];
}
