// How far the signal reaches forward and the gradient back, layer by layer: at step 0, over time, and
// now.

import { useEffect, useRef } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import { courseOf, darkness, fading, paintFlow } from "../drawing/flow";
import { writeNumber } from "../i18n/numbers";
import { lastStep, stepAt, wayTo } from "../state/moments";
import type { Store } from "../state/store";
import { WordCard } from "./WordCard";

export function Flow({ store }: { store: Store }) {
  const { text, frame, write } = store;
  const t = text.value;
  const layers = layerNames(store);
  const saturated = Array.from(frame.value?.arrays.saturation ?? [])
    .map((share, k) => ({ share, name: layers[k] ?? "" }))
    .filter(({ share }) => share >= 0.1);
  return (
    <section class="block flow" aria-label={t.drawings.flow}>
      <Strip store={store} part={0} title={`${t.drawings.signal} →`} />
      <Strip store={store} part={1} title={`← ${t.drawings.gradient}`} />
      {saturated.length > 0 && (
        <p class="saturated">
          {t.drawings.saturated} <WordCard word="saturated" label={t.drawings.saturated} />:{" "}
          {saturated
            .map(({ share, name }) => `${name} ${write(Math.round(100 * share))} %`)
            .join(", ")}
        </p>
      )}
    </section>
  );
}

function Strip({ store, part, title }: { store: Store; part: 0 | 1; title: string }) {
  const { text, frame, history, flows, language, resolvedTheme, runs } = store;
  const first = useRef<HTMLCanvasElement>(null);
  const time = useRef<HTMLCanvasElement>(null);
  const t = text.value;
  const names = layerNames(store);
  const saturation = frame.value?.arrays.saturation;
  const rows = history.value;
  const now = frame.value;
  const course = courseOf(flows.value, names.length, part, wayTo(rows, now?.branch ?? 0), (i) =>
    stepAt(rows, i),
  );
  const begun = course.sizes[0];
  const end = lastStep(rows);
  const last = runs.lastStep(rows);
  const current = now?.arrays[part === 0 ? "signal" : "gradients"];
  const back = now && now.at < now.snapshots - 1 ? now.step : null;
  useEffect(() => {
    if (!first.current || !time.current || !begun) return;
    const palette = paletteOf(time.current);
    const tone = darkness(course.sizes);
    paintFlow(first.current, { steps: [0], sizes: [begun] }, { end: 0, last: 0 }, tone, palette);
    paintFlow(time.current, course, { end, last }, tone, palette, back);
  }, [rows, flows.value, last, back, resolvedTheme.value, language.value]);
  const fade = begun && names.length > 1 ? fading(begun, part) : 1;
  const write = (value: number, digits = 2) => writeNumber(value, language.value, digits);
  const [before, after = ""] = (
    fade >= 2 ? t.drawings.fades : fade <= 0.5 ? t.drawings.grows : t.drawings.keeps
  ).split("{n}");
  const times = fade >= 1 ? fade : 1 / fade;
  const label = part === 0 ? t.drawings.signal : t.drawings.gradient;
  return (
    <div class="strip">
      <h2>{title}</h2>
      <p class="fades">
        {before}
        {after && <b>{write(times >= 100 ? Math.round(times) : times, times >= 100 ? 6 : 2)}</b>}
        {after}
      </p>
      <div class="map" style={{ "--layers": names.length }}>
        <ol>
          {names.map((name, k) => (
            <li
              key={name}
              title={`${t.drawings.saturated}: ${Math.round(100 * (saturation?.[k] ?? 0))} %`}
            >
              {name}
            </li>
          ))}
        </ol>
        <canvas ref={first} role="img" aria-label={`${label}: ${t.drawings.step_0}`} />
        <canvas ref={time} role="img" aria-label={`${label}: ${t.drawings.over_time}`} />
        <ol class="numbers">
          {names.map((name, k) => (
            <li key={name}>{current ? write(current[k] ?? Number.NaN) : "–"}</li>
          ))}
        </ol>
        <span />
        <span>{t.drawings.step_0}</span>
        <span class="end">{write(last)}</span>
        <span class="end">{t.drawings.now}</span>
      </div>
    </div>
  );
}

function layerNames({ text, run }: Store): string[] {
  const t = text.value;
  const count = (run.value?.topology.length ?? 1) - 1;
  return Array.from({ length: count }, (_, k) =>
    k + 1 === count ? t.output : `${t.hidden_layer} ${k + 1}`,
  );
}
