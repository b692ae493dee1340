// The result: the predicted surface, the scores, the cost curve, the history.

import { CLASSES, classPaint } from "../drawing/colors";
import { classLabel, classNames } from "../state/labels";
import type { Store } from "../state/store";
import { CostCurve } from "./CostCurve";
import { Checkbox, formatScore, Panel, Truncated } from "./controls";
import { Surface } from "./Surface";

export function ResultPanel({ store }: { store: Store }) {
  const { text, frame, run, stepped, logarithmic, send, pointClass } = store;
  const t = text.value;
  const now = frame.value;
  const numbered = (k: number) => {
    const name = classLabel(run.value, k);
    return name === String(k) ? name : `${k}: ${name}`;
  };
  const share = (value: number | null | undefined) =>
    value === null || value === undefined ? "–" : `${(100 * value).toFixed(1)} %`;
  return (
    <Panel title={t.result} name="result">
      <Surface store={store} />
      <ul class="legend">
        <li>
          <i class="dot" />
          {t.train}
        </li>
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
        {classNames(run.value).map((name, k) => (
          <li key={k}>
            <i class="dot" style={paintOf(k)} />
            <Truncated>{name}</Truncated>
          </li>
        ))}
      </ul>
      <div class="row">
        <Checkbox
          label={t.stepped}
          on={stepped.value}
          onChange={(on) => {
            stepped.value = on;
          }}
        />
        <Checkbox
          label={t.log}
          on={logarithmic.value}
          onChange={(on) => {
            logarithmic.value = on;
          }}
        />
      </div>
      {(run.value?.classes ?? 0) > 0 && (
        <div class="row" role="group" aria-label={t.draw}>
          <span>{t.draw}</span>
          <div class="swatches">
            {Array.from({ length: CLASSES }, (_, k) => (
              <button
                type="button"
                key={k}
                class="swatch"
                aria-pressed={pointClass.value === k}
                style={{ background: classPaint(k) }}
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
        </div>
      )}
      <table class="scores">
        <thead>
          <tr>
            <td />
            <th scope="col">{t.cost}</th>
            <th scope="col">{t.accuracy}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">
              <i class="key train" />
              {t.train}
            </th>
            <td class="cost">{formatScore(now?.cost)}</td>
            <td>{share(now?.accuracy)}</td>
          </tr>
          <tr>
            <th scope="row">
              <i class="key test" />
              {t.test}
            </th>
            <td>{formatScore(now?.test_cost)}</td>
            <td>{share(now?.test_accuracy)}</td>
          </tr>
        </tbody>
      </table>
      <CostCurve store={store} />
      <div class="row">
        <label class="field wide">
          <span>{t.time}</span>
          <input
            type="range"
            min={0}
            max={Math.max(0, (now?.snapshots ?? 1) - 1)}
            value={now?.at ?? 0}
            aria-valuetext={`${t.steps} ${now?.step ?? 0}`}
            onInput={(e) => send("seek", { index: Number(e.currentTarget.value) })}
          />
        </label>
        <button
          type="button"
          disabled={!now || now.at >= now.snapshots - 1}
          onClick={() => send("branch")}
        >
          {t.branch}
        </button>
      </div>
    </Panel>
  );
}

function paintOf(k: number) {
  const color = classPaint(k);
  return { background: color, borderColor: color };
}
