// The data set, its parameters, and the input features.

import { featureLabel } from "../state/labels";
import { type DataSetup, DIGITS, MEMORY, withData, withoutPlane } from "../state/setup";
import type { Store } from "../state/store";
import { CsvTable } from "./CsvTable";
import { NumberField, Slider } from "./controls";
import { DataIcon } from "./DataIcon";
import { WordCard } from "./WordCard";

export function DataSettings({ store }: { store: Store }) {
  const { text, setup, changeSetup, limits, hidden, write, examples, defaults } = store;
  const t = text.value;
  const data = setup.value.data;
  const known = limits.value.data;
  const draw = (more: Partial<DataSetup>) =>
    changeSetup({ ...setup.value, data: { ...data, ...more } });
  const images = data.kind === DIGITS;
  const planar = withoutPlane(data.kind) === null;
  const like = (kind: string) => examples.value[withoutPlane(kind) ?? ""] ?? defaults.value;
  return (
    <>
      <div class="kinds" role="group" aria-label={t.data}>
        {known.kind
          .filter((kind) => kind !== "own")
          .map((kind) => (
            <button
              type="button"
              key={kind}
              class="kind"
              aria-pressed={data.kind === kind}
              onClick={() => changeSetup(withData(setup.value, kind, like(kind)))}
            >
              <DataIcon kind={kind} />
              <span>{t[kind as "circles"]}</span>
            </button>
          ))}
      </div>
      <div class="fields">
        {data.kind !== "own" && (
          <>
            <Slider
              label={images ? t.images.images : data.kind === MEMORY ? t.series.many : t.points}
              {...(planar ? { word: "points" } : {})}
              value={data.n}
              limits={images ? { ...known.n, max: limits.value.images.most } : known.n}
              step={20}
              onChange={(n) => draw({ n })}
            />
            {!images && (
              <Slider
                label={t.noise}
                {...(planar ? { word: "noise" } : {})}
                value={data.noise}
                limits={known.noise}
                step={0.01}
                onChange={(noise) => draw({ noise })}
              />
            )}
          </>
        )}
        <Slider
          label={t.test_share}
          word="test_share"
          value={data.test_share}
          limits={known.test_share}
          step={0.05}
          show={(value) => `${write(Math.round(100 * value))} %`}
          onChange={(test_share) => draw({ test_share })}
        />
        {data.kind === "spirals" && (
          <Slider
            label={t.arms}
            word="arms"
            value={data.arms}
            limits={known.arms}
            step={1}
            onChange={(arms) => draw({ arms })}
          />
        )}
        {data.kind === "blobs" && (
          <Slider
            label={t.classes}
            word="classes"
            value={data.classes}
            limits={known.classes}
            step={1}
            onChange={(classes) => draw({ classes })}
          />
        )}
        <NumberField
          label={t.seed}
          word="seed"
          value={data.seed}
          limits={known.seed}
          whole
          onChange={(seed) => draw({ seed: seed ?? 0 })}
        />
      </div>
      {planar && !hidden.includes("inputs") && <Inputs store={store} />}
      {!hidden.includes("csv") && <CsvTable store={store} />}
    </>
  );
}

function Inputs({ store: { text, setup, changeSetup, limits } }: { store: Store }) {
  const t = text.value;
  const chosen = setup.value.inputs;
  const toggle = (name: string) =>
    changeSetup({
      ...setup.value,
      inputs: chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name],
    });
  return (
    <div class="inputs" role="group" aria-label={t.inputs}>
      <span class="field-name">
        {t.inputs} <WordCard word="inputs" label={t.inputs} />
      </span>
      {limits.value.inputs.each.map((name) => (
        <button
          type="button"
          key={name}
          aria-pressed={chosen.includes(name)}
          disabled={chosen.includes(name) && chosen.length === 1}
          class="chip"
          onClick={() => toggle(name)}
        >
          {featureLabel(name)}
        </button>
      ))}
    </div>
  );
}
