// The key of the picture: its colors, where all predictions lie between them, and its marks. Its
// classes are what a click on the picture can add.

import { CLASSES, classPaint } from "../drawing/colors";
import { isDecided } from "../drawing/surface";
import { fill } from "../i18n";
import { writeNumber } from "../i18n/numbers";
import { classNames } from "../state/labels";
import { predictionsOf } from "../state/predictions";
import type { Store } from "../state/store";
import { Truncated } from "./controls";
import { PointTools } from "./PointEditing";
import { WordCard } from "./WordCard";

export function Key({ store }: { store: Store }) {
  const { text, run, frame, stepped, pointClass } = store;
  const t = text.value;
  const now = run.value;
  const classes = now?.classes ?? 0;
  const known = Math.min(CLASSES, Math.max(classes, pointClass.value + 1));
  const decided = isDecided(predictionsOf(now, frame.value) ?? NOTHING);
  const swatches = Array.from({ length: classes ? known : 0 }, (_, k) => (
    <Swatch store={store} k={k} key={k} />
  ));
  const scale = now?.outputs === 1 && <Scale store={store} />;
  return (
    <div class="key-row">
      {classes === 0 ? (
        <div class="classes">
          <span>−1</span>
          {scale}
          <span>1</span>
        </div>
      ) : (
        <div class="classes" role="group" aria-label={t.draw}>
          {scale ? [swatches[0], scale, ...swatches.slice(1)] : swatches}
          {known < CLASSES && (
            <button
              type="button"
              class="swatch more"
              aria-label={t.drawings.another_class}
              title={t.drawings.another_class}
              onClick={() => {
                pointClass.value = known;
              }}
            >
              +
            </button>
          )}
        </div>
      )}
      <span class="marks">
        {now?.test.includes(1) && (
          <span>
            <i class="dot hollow" />
            {t.test}
          </span>
        )}
        {decided && (
          <span>
            <i class="dot ringed" />
            {t.drawings.wrong}
          </span>
        )}
      </span>
      <label class="sharp" title={t.stepped}>
        <input
          type="checkbox"
          checked={stepped.value}
          aria-label={t.stepped}
          onChange={(event) => {
            stepped.value = event.currentTarget.checked;
          }}
        />{" "}
        {t.drawings.sharp}
      </label>
      <WordCard word="stepped" label={t.stepped} />
      <PointTools store={store} />
    </div>
  );
}

const NOTHING = { bytes: new Uint8Array(), outputs: 1, classes: 0, span: [0, 0] } as const;

function Swatch({ store, k }: { store: Store; k: number }) {
  const { text, run, pointClass } = store;
  const name = classNames(run.value)[k];
  const short = (run.value?.classes ?? 0) > 2 ? String(k) : undefined;
  return (
    <button
      type="button"
      class="swatch"
      aria-label={`${text.value.draw} ${name ?? k}`}
      aria-pressed={pointClass.value === k}
      title={`${text.value.draw} ${name ?? k}`}
      onClick={() => {
        pointClass.value = k;
      }}
    >
      <i class="dot" style={{ background: classPaint(k) }} />
      <Truncated>{name ?? short ?? fill(text.value.drawings.class, { k })}</Truncated>
    </button>
  );
}

/** From class 0 to class 1, with a bar where all predictions lie. */
function Scale({ store }: { store: Store }) {
  const { text, run, frame, language } = store;
  const shown = predictionsOf(run.value, frame.value);
  if (!shown) return null;
  const [low, high] = shown.span;
  const place = (value: number) => {
    const share = shown.classes ? value : (value + 1) / 2;
    return 100 * Math.min(1, Math.max(0, share));
  };
  const [from, to] = [place(low), place(high)];
  return (
    <span
      class="scale"
      role="img"
      aria-label={fill(text.value.drawings.between, {
        low: writeNumber(low, language.value, 3),
        high: writeNumber(high, language.value, 3),
      })}
    >
      <i style={{ left: `min(${from}%, 100% - 3px)`, width: `${to - from}%` }} />
    </span>
  );
}
