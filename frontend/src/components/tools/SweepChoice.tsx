// What a map is to be of: its two axes with their values, the seeds, the steps.

import { useState } from "preact/hooks";
import { fill } from "../../i18n";
import type { Store } from "../../state/store";
import {
  AXES,
  type AxisName,
  countOf,
  readWidths,
  SEEDS,
  type Value,
  writeWidths,
} from "../../state/sweep";
import { NumberField, Select } from "../controls";
import { useUniqueId } from "../unique-id";
import { axisName, valueName } from "./SweepGrid";

const BATCHES = [1, 2, 5, 10, 20, 50, 100, null];

export function SweepChoice({ store, onDraw }: { store: Store; onDraw: () => void }) {
  const { sweep, text, write, limits } = store;
  const t = text.value;
  const choice = sweep.choice.value;
  const most = limits.value.sweep;
  const cells = countOf(choice, choice.columns) * countOf(choice, choice.rows);
  const networks = cells * choice.seeds;
  const fits = cells > 0 && cells <= most.cells && networks * choice.steps <= most.work;
  const axis = (which: "columns" | "rows", other: "columns" | "rows") => (
    <div class="axis-choice">
      <Select
        label={t.sweep[which]}
        value={choice[which]}
        options={AXES}
        name={(one) => axisName(one as AxisName, t)}
        onChange={(one) => {
          const name = one as AxisName;
          // The same setting does not vary twice: the two change places.
          const turned = name === choice[other] ? { [other]: choice[which] } : {};
          sweep.choose({ [which]: name, ...turned });
        }}
      />
      <Values store={store} name={choice[which]} />
    </div>
  );
  return (
    <form
      class="map-choice"
      onSubmit={(event) => {
        event.preventDefault();
        if (fits) onDraw();
      }}
    >
      {axis("columns", "rows")}
      {axis("rows", "columns")}
      <div class="axis-choice">
        <Select
          label={t.sweep.seeds}
          value={String(choice.seeds)}
          options={[...new Set([...SEEDS, choice.seeds])].sort((a, b) => a - b).map(String)}
          name={(one) => write(Number(one))}
          onChange={(one) => sweep.choose({ seeds: Number(one) })}
        />
        <NumberField
          label={t.sweep.steps}
          value={choice.steps}
          limits={most.steps}
          whole
          onChange={(steps) => steps !== null && sweep.choose({ steps })}
        />
      </div>
      <p class="suggestion">
        <button type="submit" disabled={!fits}>
          {t.sweep.draw}
        </button>{" "}
        <span class="quiet" role="status">
          {fits
            ? fill(t.sweep.size, {
                cells: write(cells),
                seeds: write(choice.seeds),
                networks: write(networks),
              })
            : fill(t.sweep.too_large, { cells: write(most.cells), steps: write(most.work / 1e6) })}
        </span>
      </p>
    </form>
  );
}

/** The values of an axis: a range of rates, widths that are written, or names to choose. */
function Values({ store, name }: { store: Store; name: AxisName }) {
  const { sweep, text, limits } = store;
  const t = text.value;
  const { rates, values } = sweep.choice.value;
  const most = limits.value.sweep;
  if (name === "learning_rate") {
    const change = (part: Partial<typeof rates>) => sweep.choose({ rates: { ...rates, ...part } });
    return (
      <>
        <NumberField
          label={t.sweep.from}
          value={rates.low}
          limits={{ ...most.range.low, max: rates.high }}
          onChange={(low) => low !== null && change({ low })}
        />
        <NumberField
          label={t.sweep.to}
          value={rates.high}
          limits={{ ...most.range.high, min: rates.low, above: true }}
          onChange={(high) => high !== null && change({ high })}
        />
        <NumberField
          label={t.sweep.values}
          value={rates.count}
          limits={most.range.count}
          whole
          onChange={(count) => count !== null && change({ count })}
        />
      </>
    );
  }
  const chosen = values[name];
  const set = (next: Value[]) => sweep.choose({ values: { ...values, [name]: next } });
  if (name === "topology") return <Widths store={store} values={chosen} onChange={set} />;
  const options: readonly Value[] = {
    depth: Array.from({ length: most.axes.depth.max }, (_, k) => k + 1),
    initializer: most.axes.initializer,
    activation: most.axes.activation,
    batch_size: BATCHES,
  }[name];
  return <Chips store={store} name={name} options={options} chosen={chosen} onChange={set} />;
}

function Chips({
  store,
  name,
  options,
  chosen,
  onChange,
}: {
  store: Store;
  name: AxisName;
  options: readonly Value[];
  chosen: Value[];
  onChange: (values: Value[]) => void;
}) {
  const { text, language } = store;
  return (
    <div class="chips" role="group" aria-label={text.value.sweep.values}>
      {options.map((one) => {
        const on = chosen.includes(one);
        return (
          <button
            type="button"
            key={String(one)}
            aria-pressed={on}
            disabled={on && chosen.length === 1}
            onClick={() =>
              // In the order in which they are offered.
              onChange(options.filter((each) => (each === one ? !on : chosen.includes(each))))
            }
          >
            {valueName(name, one, text.value, language.value)}
          </button>
        );
      })}
    </div>
  );
}

function Widths({
  store,
  values,
  onChange,
}: {
  store: Store;
  values: Value[];
  onChange: (values: Value[]) => void;
}) {
  const t = store.text.value.sweep;
  const id = useUniqueId();
  const [draft, setDraft] = useState<string | null>(null);
  const read = draft === null ? values : readWidths(draft);
  return (
    <div class="field widths">
      <div class="field-name">
        <label for={id}>{t.widths}</label>
      </div>
      <input
        id={id}
        type="text"
        class="number"
        autocomplete="off"
        spellcheck={false}
        value={draft ?? values.map(writeWidths).join("  ")}
        aria-invalid={read === null}
        aria-describedby={read === null ? `${id}-why` : undefined}
        onInput={(event) => {
          setDraft(event.currentTarget.value);
          const next = readWidths(event.currentTarget.value);
          if (next) onChange(next);
        }}
        onBlur={() => read && setDraft(null)}
      />
      {read === null && (
        <small class="wrong" id={`${id}-why`} role="alert">
          {t.widths_wrong}
        </small>
      )}
    </div>
  );
}
