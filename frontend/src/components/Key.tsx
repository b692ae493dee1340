// The key of the picture: what its colors and marks mean, and the class of points one draws.

import { CLASSES, css } from "../drawing/colors";
import { classLabel, classNames } from "../state/labels";
import type { Store } from "../state/store";
import { Checkbox, Truncated } from "./controls";
import { PointTools } from "./PointEditing";

export function Key({ store }: { store: Store }) {
  const { text, run, stepped, pointClass } = store;
  const t = text.value;
  const numbered = (k: number) => {
    const name = classLabel(run.value, k);
    return name === String(k) ? name : `${k}: ${name}`;
  };
  return (
    <div class="key-row">
      <ul class="legend">
        {classNames(run.value).map((name, k) => (
          <li key={k}>
            <i class="dot" style={{ background: css(CLASSES[k] ?? [0, 0, 0]) }} />
            <Truncated>{name}</Truncated>
          </li>
        ))}
        <li>
          <i class="dot hollow" />
          {t.test}
        </li>
        {(run.value?.classes ?? 0) > 0 && (
          <li>
            <i class="dot ringed" />
            {t.wrong}
          </li>
        )}
      </ul>
      <Checkbox
        label={t.stepped}
        on={stepped.value}
        onChange={(on) => {
          stepped.value = on;
        }}
      />
      {(run.value?.classes ?? 0) > 0 && (
        <div class="swatches" role="group" aria-label={t.draw}>
          {CLASSES.map((color, k) => (
            <button
              type="button"
              key={k}
              class="swatch"
              aria-pressed={pointClass.value === k}
              style={{ background: css(color) }}
              aria-label={numbered(k)}
              title={numbered(k)}
              onClick={() => {
                pointClass.value = k;
              }}
            >
              {k}
            </button>
          ))}
        </div>
      )}
      <PointTools store={store} />
    </div>
  );
}
