// The microscope on images and series: a map, the window behind one of its numbers, and what they are
// made of; of a recurrence the states of a unit, and what a step makes of them.

import { formatNumber } from "../../formulas/mathml";
import { fill } from "../../i18n";
import { inLanguage } from "../../i18n/numbers";
import type { NumberApart, Term } from "../../server/messages";
import { mapOf, overTime, reachOf, sidesOf } from "../../state/images";
import { channelName } from "../../state/labels";
import type { Store } from "../../state/store";
import { biasOf, type Window as Patch, windowsOf } from "../../state/windows";
import { Select } from "../controls";
import { ToolPanel } from "../ToolPanel";
import { shade, short, usePalette } from "./cells";
import { StepApart } from "./StepApart";

const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

export function WindowMicroscope({ store }: { store: Store }) {
  const { text, windows, images } = store;
  const t = text.value;
  const layers = images.layers.value;
  const at = windows.channel.value;
  const layer = windows.layer.value;
  const apart = windows.number.value;
  const spread = layer !== null && layer.shape.length > 1;
  const many = layer?.shape.at(-1) !== 1; // a single output is that of class 1
  const fits = apart !== null && apart.place.at(-1) === at?.channel;
  const names = layers.slice(1).map((_, k) => layerName(store, k + 1));
  return (
    <ToolPanel
      store={store}
      title={t.microscope}
      name="microscope window"
      onKeyDown={(event) => onArrowKey(event, store)}
    >
      {at && layer && (
        <>
          <div class="top">
            <Select
              label={t.images.layer}
              value={names[at.layer - 1] ?? ""}
              options={names}
              onChange={(name) => windows.select({ layer: names.indexOf(name) + 1, channel: 0 })}
            />
            <Select
              label={overTime(layer) ? t.series.unit : spread ? t.images.map : t.neuron}
              value={String(at.channel + 1)}
              options={Array.from({ length: layer.shape.at(-1) ?? 1 }, (_, k) => String(k + 1))}
              name={(k) => (many && at.layer === layers.length - 1 ? String(Number(k) - 1) : k)}
              onChange={(k) => windows.select({ ...at, channel: Number(k) - 1 })}
            />
            {spread && <p class="place">{overTime(layer) ? t.series.arrows : t.images.arrows}</p>}
          </div>
          <p class="lead">{t.images.says[layer.kind as "Conv2D"] ?? ""}</p>
          {overTime(layer) ? (
            <>
              <LargeMap store={store} />
              {fits && <StepApart store={store} apart={apart} />}
            </>
          ) : (
            <>
              <div class="window-halves">
                {spread && <LargeMap store={store} />}
                {fits && <Calculation store={store} apart={apart} />}
              </div>
              <WeightApart store={store} />
            </>
          )}
        </>
      )}
    </ToolPanel>
  );
}

function layerName(store: Store, k: number): string {
  const { images, text } = store;
  const layer = images.layers.value[k];
  const t = text.value;
  if (!layer) return "";
  if (k === images.layers.value.length - 1) return t.output;
  const kinds: Record<string, string> = t.images.layer_kinds;
  return `${t.hidden_layer} ${layer.row + 1}: ${kinds[layer.kind] ?? layer.kind}`;
}

/** The map with its numbers; a click chooses one. */
function LargeMap({ store }: { store: Store }) {
  const { images, windows, text, language } = store;
  const palette = usePalette(store);
  const layers = images.layers.value;
  const [maps, at, layer] = [images.maps.value, windows.channel.value, windows.layer.value];
  if (!maps || !at || !layer) return null;
  const numbers = Array.from(mapOf(layers, maps, at));
  const reach = reachOf(layers, maps, at.layer);
  const [height, width] = sidesOf(layer);
  const [row, column] = windows.place.value;
  return (
    <div
      class={overTime(layer) ? "large-map strip" : "large-map"}
      role="application"
      tabIndex={0}
      aria-label={channelName(layers, at, text.value)}
      style={{ "--across": width }}
      onKeyDown={(event) => onArrowKey(event, store)}
      onClick={(event) => {
        const area = event.currentTarget.getBoundingClientRect();
        const share = (way: number, whole: number, count: number) =>
          Math.max(0, Math.min(count - 1, Math.floor((count * way) / whole)));
        windows.at(
          share(event.clientY - area.top, area.height, height),
          share(event.clientX - area.left, area.width, width),
        );
      }}
    >
      {numbers.map((value, k) => (
        <span
          key={k}
          class={`cell ${k === row * width + column ? "marked" : ""}`}
          style={shade(value, reach, palette)}
        >
          {inLanguage(short(value), language.value)}
        </span>
      ))}
    </div>
  );
}

/** Patch times filter, plus the bias; or the largest of a window; or a long sum in words. */
function Calculation({ store, apart }: { store: Store; apart: NumberApart }) {
  const { text, language } = store;
  const t = text.value.images;
  const write = (x: number | null) => inLanguage(formatNumber(x, 4), language.value);
  const patches = windowsOf(apart);
  const bias = biasOf(apart);
  const sums = apart.operation === "sum";
  const activation = activationOf(store);
  // A dense layer's sum is too long to be laid out: it is told in words.
  if (patches.length === 0) return <Terms store={store} apart={apart} />;
  return (
    <div class={`calculation ${patches.length > 1 ? "several" : ""}`}>
      <div class="patches">
        {patches.map((one) => (
          <PatchRow store={store} patch={one} apart={apart} key={one.channel} />
        ))}
      </div>
      <div class="told">
        <p class="sum">
          {sums ? (
            <>
              {patches.map((one, k) => signed(write, one.sum, k > 0))}
              {bias !== null && (
                <>
                  {signed(write, bias, true)} <small>(b)</small>
                </>
              )}{" "}
              = <i>z</i> <b>{write(apart.value)}</b>
            </>
          ) : (
            <>
              {apart.operation} = <b>{write(apart.value)}</b>
            </>
          )}
          {apart.output !== null && (
            <>
              {" "}
              → {activation} → <i>a</i> <b>{write(apart.output)}</b>
            </>
          )}
        </p>
        {apart.difference !== null && (
          <p class="note">
            {fill(t.derivative, {
              exact: write(apart.derivative),
              difference: write(apart.difference),
            })}{" "}
            {fill(apart.labelled ? t.of_class : t.of_predicted, { k: apart.target })}
          </p>
        )}
        {sums && <p class="note">{t.click_weight}</p>}
      </div>
    </div>
  );
}

/** A term of a sum, with its sign before it. */
function signed(write: (x: number | null) => string, value: number, after: boolean): string {
  if (!after) return write(value);
  return value < 0 ? ` − ${write(-value)}` : ` + ${write(value)}`;
}

function activationOf({ windows, setup }: Store): string {
  const row = windows.layer.value?.row ?? 0;
  const { layers, output } = setup.value;
  const named = layers[row]?.activation ?? output.activation;
  return named === "auto" ? "softmax" : named;
}

/** One channel's window, its filter, and the sum of their products. */
function PatchRow({ store, patch, apart }: { store: Store; patch: Patch; apart: NumberApart }) {
  const { text, language, windows } = store;
  const palette = usePalette(store);
  const t = text.value.images;
  const terms = patch.rows.flat();
  const filtered = terms.some(({ parameter }) => parameter);
  const chosen = String(windows.chosen.value?.place ?? "");
  const reach = Math.max(1e-9, ...terms.map(({ left }) => Math.abs(left ?? 0)));
  const all = apart.terms.filter(({ parameter }) => parameter?.length === 4);
  const strongest = Math.max(1e-9, ...all.map(({ right }) => Math.abs(right ?? 0)));
  return (
    <div class="patch">
      {filtered && apart.in_shape.at(-1) !== 1 && (
        <small>
          {fill(t.from_map, { k: patch.channel + 1 })}:{" "}
          {inLanguage(formatNumber(patch.sum, 3), language.value)}
        </small>
      )}
      <Small
        rows={patch.rows}
        store={store}
        value={(one) => one.left}
        style={(one) => shade(one.left ?? 0, reach, palette, apart.layer === "1")}
        mark={(one) => !filtered && (one.right ?? 0) > 0}
        faint={(one) => one.x === null}
      />
      {filtered && (
        <>
          <span class="sign">×</span>
          <Small
            rows={patch.rows}
            store={store}
            value={(one) => one.right}
            style={(one) => shade(one.right ?? 0, strongest, palette)}
            mark={(one) => String(one.parameter) === chosen}
            click={(one) =>
              windows.by(
                String(one.parameter) === chosen
                  ? null
                  : { name: "W", place: one.parameter as number[] },
              )
            }
          />
          {apart.in_shape.at(-1) === 1 && (
            <span class="sign">= {inLanguage(formatNumber(patch.sum, 3), language.value)}</span>
          )}
        </>
      )}
    </div>
  );
}

function Small({
  rows,
  store,
  value,
  style,
  mark,
  faint = () => false,
  click,
}: {
  rows: Term[][];
  store: Store;
  value: (term: Term) => number | null;
  style: (term: Term) => Record<string, string>;
  mark: (term: Term) => boolean;
  faint?: (term: Term) => boolean;
  click?: (term: Term) => void;
}) {
  const write = (one: Term) => inLanguage(short(value(one) ?? Number.NaN), store.language.value);
  return (
    <div class="small-grid" style={{ "--across": rows[0]?.length ?? 1 }}>
      {rows.flat().map((one, k) => {
        const look = `cell ${mark(one) ? "marked" : ""} ${faint(one) ? "padding" : ""}`;
        return click ? (
          <button
            type="button"
            key={k}
            class={look}
            style={style(one)}
            aria-pressed={mark(one)}
            aria-label={`${one.names[1]}: ${write(one)}`}
            onClick={() => click(one)}
          >
            {write(one)}
          </button>
        ) : (
          <span key={k} class={look} style={style(one)} title={one.names[0]}>
            {write(one)}
          </span>
        );
      })}
    </div>
  );
}

/** The largest terms of a long sum. */
function Terms({ store, apart }: { store: Store; apart: NumberApart }) {
  // Its first line names the layer by its place in the network, and the page by that on the screen.
  const [, ...lines] = apart.says[store.language.value].split("\n");
  return <pre class="workings">{lines.join("\n")}</pre>;
}

/** The derivative by the chosen weight: a sum over all windows that use it. */
function WeightApart({ store }: { store: Store }) {
  const { windows, text } = store;
  const apart = windows.weight.value;
  if (!apart) return null;
  return (
    <section class="weight-apart" aria-label={apart.name}>
      <p class="note">{fill(text.value.images.weight_shared, { n: apart.terms.length })}</p>
      <Terms store={store} apart={apart} />
    </section>
  );
}

/** The arrow keys go from window to window, unless the focused element uses them. */
function onArrowKey(event: KeyboardEvent, { windows }: Store): void {
  const move = MOVES[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
  event.stopPropagation(); // elsewhere the right arrow takes a training step
  if ((event.target as HTMLElement).closest("input, select")) return;
  event.preventDefault();
  windows.move(...move);
}
