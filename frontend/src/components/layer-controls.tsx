// The controls of each layer: neurons, activation, and its own learning rate. They stand over the
// layer's column; where columns are narrower than an activation's name, they are a list in Settings.

import { useEffect } from "preact/hooks";
import type { Texts } from "../i18n";
import type { Run } from "../server/messages";
import { kindName } from "../state/labels";
import type { LayerSetup } from "../state/setup";
import type { Store } from "../state/store";
import type { Word } from "../state/words";
import { NumberInput } from "./controls";
import { WordCard } from "./WordCard";

const GATED = ["gru", "lstm"]; // kinds whose gates have activations of their own
const ROOMY = 5.1; // rem: "leaky_relu" and its arrow

interface LayerRow {
  title: string;
  neurons: number;
  layer: { activation: string; learning_rate: number | null; kind?: string };
  /** null for the output, whose width follows from the data. */
  setNeurons: ((neurons: number) => void) | null;
  set(more: Partial<LayerSetup>): void;
}

function layerRows(store: Store, run: Run): LayerRow[] {
  const { text, setup, changeSetup } = store;
  const t = text.value;
  const { layers, output } = setup.value;
  const set = (k: number) => (more: Partial<LayerSetup>) =>
    changeSetup({
      ...setup.value,
      layers: layers.map((one, i) => (i === k ? { ...one, ...more } : one)),
    });
  return [
    ...layers.map((layer, k) => ({
      title: `${t.hidden_layer} ${k + 1}`,
      neurons: layer.neurons,
      layer,
      setNeurons: (neurons: number) => set(k)({ neurons }),
      set: set(k),
    })),
    {
      title: t.output,
      neurons: run.outputs,
      layer: output,
      setNeurons: null,
      set: (more) => changeSetup({ ...setup.value, output: { ...output, ...more } }),
    },
  ];
}

export function LayerColumns({
  store,
  run,
  width,
  controls,
}: {
  store: Store;
  run: Run;
  width: number;
  controls: boolean;
}) {
  const { text, ownRates, layersListed } = store;
  const t = text.value;
  const rows = layerRows(store, run);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const listed = width > 0 && width / (rows.length + 1) < ROOMY * rem;
  useEffect(() => {
    layersListed.value = listed;
  }, [listed]);
  const shown = controls && !listed;
  const rates = ownRates.value || rows.some(({ layer }) => layer.learning_rate !== null);
  return (
    <div
      class="layers"
      style={{ gridTemplateColumns: `repeat(${rows.length + 1}, minmax(0, 1fr))` }}
    >
      <strong class="layer-name inputs-name">{t.inputs}</strong>
      {rows.map((row) => (
        <strong class="layer-name" key={row.title}>
          {listed ? row.neurons : row.title}
        </strong>
      ))}
      {shown && (
        <>
          {run.layers && (
            <>
              <RowName name={t.images.kind} />
              {rows.map((row) => (
                <Kind store={store} row={row} key={row.title} />
              ))}
            </>
          )}
          <RowName name={neuronsName(run, t)} word="neurons" />
          {rows.map((row) => (
            <Neurons store={store} row={row} key={row.title} />
          ))}
          <RowName name={t.activation} word="activation" />
          {rows.map((row) => (
            <Activation store={store} row={row} run={run} key={row.title} />
          ))}
        </>
      )}
      {shown && rates && (
        <>
          <RowName name={t.own_rate} word="own_rate" />
          {rows.map((row) => (
            <OwnRate store={store} row={row} key={row.title} />
          ))}
        </>
      )}
    </div>
  );
}

function RowName({ name, word }: { name: string; word?: Word }) {
  return (
    <span class="row-name">
      {name} {word && <WordCard word={word} label={name} />}
    </span>
  );
}

/** The neurons of a layer by the name that fits the data. */
function neuronsName({ layers }: Run, t: Texts): string {
  if (!layers) return t.shell.neurons;
  return layers[0]?.kind === "Series" ? t.series.units : t.images.filters;
}

/** The same controls as a list, for Settings. */
export function LayerList({ store }: { store: Store }) {
  const run = store.run.value;
  if (!run) return null;
  return (
    <ul class="layer-list">
      {layerRows(store, run).map((row) => (
        <li key={row.title}>
          <strong>{row.title}</strong>
          {run.layers && <Kind store={store} row={row} />}
          <Neurons store={store} row={row} />
          <Activation store={store} row={row} run={run} />
          <OwnRate store={store} row={row} />
        </li>
      ))}
    </ul>
  );
}

/** Choose between the kinds of layers that the data may run through. */
function Kind({ store, row }: { store: Store; row: LayerRow }) {
  const t = store.text.value;
  const known = store.limits.value.layer_kinds[store.setup.value.data.kind] ?? [];
  if (!row.setNeurons) return <span>{kindName("dense", t)}</span>;
  return (
    <select
      class="plain"
      aria-label={`${t.images.kind}: ${row.title}`}
      value={row.layer.kind}
      onChange={(e) => row.set({ kind: e.currentTarget.value })}
    >
      {known.map((one) => (
        <option value={one} key={one}>
          {kindName(one, t)}
        </option>
      ))}
    </select>
  );
}

function Neurons({ store, row }: { store: Store; row: LayerRow }) {
  const t = store.text.value;
  const { neurons, setNeurons, title } = row;
  const { min, max } = store.limits.value.layers.each.neurons;
  if (!setNeurons)
    return (
      <span class="count">
        <b>{neurons}</b>
      </span>
    );
  return (
    <span class="count" role="group" aria-label={`${t.shell.neurons}: ${title}`}>
      <button
        type="button"
        aria-label={`${t.fewer}: ${title}`}
        disabled={neurons <= min}
        onClick={() => setNeurons(neurons - 1)}
      >
        −
      </button>
      <b>{neurons}</b>
      <button
        type="button"
        aria-label={`${t.more}: ${title}`}
        disabled={neurons >= max}
        onClick={() => setNeurons(neurons + 1)}
      >
        +
      </button>
    </span>
  );
}

function Activation({ store, row, run }: { store: Store; row: LayerRow; run: Run }) {
  const { text, limits } = store;
  const t = text.value;
  const { layers, output } = limits.value;
  const known = row.setNeurons ? layers.each.activation : output.activation;
  const option = (one: string, name = one) => (
    <option value={one} key={one}>
      {name}
    </option>
  );
  if (GATED.includes(row.layer.kind ?? "")) return <span>σ, tanh</span>;
  const fixed = known.filter((one) => one !== "auto").map((one) => option(one));
  return (
    <select
      class="plain"
      aria-label={`${t.activation}: ${row.title}`}
      value={row.layer.activation}
      onChange={(e) => row.set({ activation: e.currentTarget.value })}
    >
      {known.includes("auto") ? (
        <>
          <optgroup label={t.auto}>{option("auto", run.output_activation)}</optgroup>
          <optgroup label={t.shell.always}>{fixed}</optgroup>
        </>
      ) : (
        fixed
      )}
    </select>
  );
}

function OwnRate({ store, row }: { store: Store; row: LayerRow }) {
  const t = store.text.value;
  return (
    <NumberInput
      label={`${t.own_rate}: ${row.title}`}
      value={row.layer.learning_rate}
      limits={store.limits.value.layers.each.learning_rate}
      empty={t.common}
      onChange={(learning_rate) => row.set({ learning_rate })}
    />
  );
}
