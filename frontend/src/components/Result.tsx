// What comes of it: the surface with the points, the costs, and where the gradient goes.

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { CLASSES, css, groundOf } from "../colors";
import { axesOf, classOf, namesOf } from "../names";
import { paint, paintClasses } from "../pictures";
import { makePoints } from "../points";
import type { Store } from "../store";
import { Curve } from "./Curve";
import { digits, Name, Panel, Switch } from "./controls";
import { PointMark } from "./Overlay";

export function Result({ store }: { store: Store }) {
  const { text, frame, run, stepped, logarithmic, send, label } = store;
  const t = text.value;
  const now = frame.value;
  const numbered = (k: number) => {
    const name = classOf(run.value, k);
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
        {namesOf(run.value).map((name, k) => (
          <li key={k}>
            <i class="dot" style={paintOf(k)} />
            <Name>{name}</Name>
          </li>
        ))}
      </ul>
      <div class="row">
        <Switch
          label={t.stepped}
          on={stepped.value}
          onChange={(on) => {
            stepped.value = on;
          }}
        />
        <Switch
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
            {CLASSES.map((color, k) => (
              <button
                type="button"
                key={k}
                class="swatch"
                aria-pressed={label.value === k}
                style={{ background: css(color) }}
                aria-label={numbered(k)}
                title={numbered(k)}
                onClick={() => {
                  label.value = k;
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
            <td class="cost">{digits(now?.cost)}</td>
            <td>{share(now?.accuracy)}</td>
          </tr>
          <tr>
            <th scope="row">
              <i class="key test" />
              {t.test}
            </th>
            <td>{digits(now?.test_cost)}</td>
            <td>{share(now?.test_accuracy)}</td>
          </tr>
        </tbody>
      </table>
      <Curve store={store} />
      <div class="row">
        <label class="field wide">
          <span>{t.time}</span>
          <input
            type="range"
            min={0}
            max={Math.max(0, (now?.moments ?? 1) - 1)}
            value={now?.at ?? 0}
            aria-valuetext={`${t.steps} ${now?.step ?? 0}`}
            onInput={(e) => send("seek", { index: Number(e.currentTarget.value) })}
          />
        </label>
        <button
          type="button"
          disabled={!now || now.at >= now.moments - 1}
          onClick={() => send("branch")}
        >
          {t.branch}
        </button>
      </div>
    </Panel>
  );
}

function paintOf(k: number) {
  const color = css(CLASSES[k] ?? [0, 0, 0]);
  return { background: color, borderColor: color };
}

function Surface({ store }: { store: Store }) {
  const { text, picture, run, stepped, send, label, shade, said } = store;
  const box = useRef<HTMLDivElement>(null);
  const now = run.value;
  useEffect(() => {
    const canvas = box.current?.querySelector<HTMLCanvasElement>("canvas.answers");
    if (!canvas || !now) return;
    const ground = groundOf(canvas);
    const draw = now.outputs > 1 ? paintClasses : paint;
    return effect(() => {
      const bytes = picture.value?.arrays.surface;
      if (!(bytes instanceof Uint8Array)) return;
      draw(canvas, bytes, Math.round(Math.sqrt(bytes.length / now.outputs)), ground, stepped.value);
    });
  }, [now, shade.value]);
  useEffect(() => {
    const canvas = box.current?.querySelector<HTMLCanvasElement>("canvas.points");
    if (!canvas || !now) return;
    const draw = makePoints(canvas, now, groundOf(canvas));
    return effect(() => draw(picture.value?.arrays.wrong));
  }, [now, shade.value]);
  const add = (across: number, up: number) => {
    if (!now) return;
    const [left, right, bottom, top] = now.extent;
    const [x, y] = [left + across * (right - left), bottom + up * (top - bottom)];
    if (store.microscope.pick(x, y) || now.classes === 0) return;
    send("point", { x, y, label: label.value });
    tell(text.value.placed, x, y, classOf(now, label.value));
  };
  const tell = (words: string, x: number, y: number, name = "") => {
    said.value = words
      .replace("{x}", x.toFixed(2))
      .replace("{y}", y.toFixed(2))
      .replace("{k}", () => name); // last, and as it is: a name may hold anything
  };
  const move = (across: number, up: number) => {
    if (!now) return;
    const [left, right, bottom, top] = now.extent;
    tell(text.value.cross_at, left + across * (right - left), bottom + up * (top - bottom));
  };
  const axes = axesOf(now);
  return (
    <div
      class="surface"
      ref={box}
      tabIndex={0}
      role="application"
      aria-label={text.value.surface + (axes ? `: x₁ ${axes[0]}, x₂ ${axes[1]}` : "")}
      onClick={(event) => {
        const area = event.currentTarget.getBoundingClientRect();
        add((event.clientX - area.left) / area.width, 1 - (event.clientY - area.top) / area.height);
      }}
      onKeyDown={(event) => cross(event, add, move)}
    >
      <canvas class="answers" width="100" height="100" />
      <canvas class="points" width="600" height="600" />
      {axes?.map((name, i) => (
        <span class={`axis x${i + 1}`} key={i}>
          <Name>{name}</Name>
        </span>
      ))}
      <PointMark store={store} />
      <i class="cross" />
    </div>
  );
}

/** Arrow keys move a cross, Enter places a point. */
function cross(
  event: KeyboardEvent,
  add: (across: number, up: number) => void,
  move: (across: number, up: number) => void,
): void {
  const box = event.currentTarget as HTMLElement;
  const mark = box.querySelector<HTMLElement>(".cross");
  if (!mark) return;
  let x = Number(mark.dataset.x ?? 0.5);
  let y = Number(mark.dataset.y ?? 0.5);
  if (event.key === "ArrowLeft") x -= 0.02;
  else if (event.key === "ArrowRight") x += 0.02;
  else if (event.key === "ArrowUp") y += 0.02;
  else if (event.key === "ArrowDown") y -= 0.02;
  else if (event.key === "Enter" || event.key === " ") add(x, y);
  else return;
  event.preventDefault();
  x = Math.min(1, Math.max(0, x));
  y = Math.min(1, Math.max(0, y));
  mark.dataset.x = String(x);
  mark.dataset.y = String(y);
  mark.style.left = `${100 * x}%`;
  mark.style.top = `${100 * (1 - y)}%`;
  if (event.key.startsWith("Arrow")) move(x, y);
}
