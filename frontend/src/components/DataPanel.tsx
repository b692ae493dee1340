// The data set, its parameters, and the input features.

import { classPaint } from "../drawing/colors";
import { featureLabel } from "../state/labels";
import type { DataSetup } from "../state/setup";
import type { Store } from "../state/store";
import { CsvTable } from "./CsvTable";
import { NumberField, Panel, Slider } from "./controls";

// Icons of the data sets: [x, y, class] in a square of 24.
const MARKS: Record<string, [number, number, number][]> = {
  circles: ring(8, 0).concat(ring(3.5, 1)),
  moons: arc(9, 12, Math.PI, 0).concat(arc(15, 11, 0, 1)),
  xor: [
    [7, 7, 0],
    [17, 17, 0],
    [17, 7, 1],
    [7, 17, 1],
  ],
  gaussians: [
    [8, 8, 0],
    [6, 11, 0],
    [10, 6, 0],
    [16, 16, 1],
    [18, 13, 1],
    [14, 18, 1],
  ],
  spirals: spiral(0, 0).concat(spiral(Math.PI, 1)),
  blobs: [
    [6, 17, 0],
    [9, 18, 0],
    [12, 6, 1],
    [14, 8, 1],
    [17, 17, 2],
    [19, 15, 2],
  ],
  plane: [
    [5, 19, 0],
    [10, 14, 0],
    [14, 10, 1],
    [19, 5, 1],
  ],
  wave: [
    [4, 12, 0],
    [8, 6, 1],
    [12, 12, 0],
    [16, 18, 0],
    [20, 12, 1],
  ],
  own: [
    [8, 16, 0],
    [15, 8, 1],
  ],
};

function ring(radius: number, label: number): [number, number, number][] {
  return Array.from({ length: 8 }, (_, i) => {
    const angle = (i * Math.PI) / 4;
    return [12 + radius * Math.cos(angle), 12 + radius * Math.sin(angle), label];
  });
}

function arc(x: number, y: number, from: number, label: number): [number, number, number][] {
  return Array.from({ length: 5 }, (_, i) => {
    const angle = from + (i * Math.PI) / 4;
    return [x + 6 * Math.cos(angle), y + 6 * Math.sin(angle), label];
  });
}

function spiral(turn: number, label: number): [number, number, number][] {
  return Array.from({ length: 7 }, (_, i) => {
    const angle = turn + i * 0.75;
    return [12 + (1 + 1.5 * i) * Math.cos(angle), 12 + (1 + 1.5 * i) * Math.sin(angle), label];
  });
}

export function DataPanel({ store }: { store: Store }) {
  const { text, setup, changeSetup, limits, hidden } = store;
  const t = text.value;
  const data = setup.value.data;
  const known = limits.value.data;
  const draw = (more: Partial<DataSetup>) =>
    changeSetup({ ...setup.value, data: { ...data, ...more } });
  const share = (value: number) => `${Math.round(100 * value)} %`;
  return (
    <Panel title={t.data} name="data">
      <div class="kinds" role="group" aria-label={t.data}>
        {known.kind
          .filter((kind) => kind !== "own")
          .map((kind) => (
            <button
              type="button"
              key={kind}
              class="kind"
              aria-pressed={data.kind === kind}
              onClick={() =>
                draw({
                  kind,
                  points: [],
                  columns: [],
                  class_names: [],
                  regression: false,
                })
              }
            >
              <svg viewBox="0 0 24 24" aria-hidden="true">
                {(MARKS[kind] ?? []).map(([x, y, label]) => (
                  <circle cx={x} cy={y} r="1.7" fill={classPaint(label)} />
                ))}
              </svg>
              <span>{t[kind as "circles"]}</span>
            </button>
          ))}
      </div>
      {!hidden.includes("csv") && <CsvTable store={store} />}
      {data.kind !== "own" && (
        <>
          <Slider
            label={t.noise}
            value={data.noise}
            limits={known.noise}
            step={0.01}
            show={(value) => value.toFixed(2)}
            onChange={(noise) => draw({ noise })}
          />
          <Slider
            label={t.points}
            value={data.n}
            limits={known.n}
            step={20}
            onChange={(n) => draw({ n })}
          />
        </>
      )}
      <Slider
        label={t.test_share}
        value={data.test_share}
        limits={known.test_share}
        step={0.05}
        show={share}
        onChange={(test_share) => draw({ test_share })}
      />
      {data.kind === "spirals" && (
        <Slider
          label={t.arms}
          value={data.arms}
          limits={known.arms}
          step={1}
          onChange={(arms) => draw({ arms })}
        />
      )}
      {data.kind === "blobs" && (
        <Slider
          label={t.classes}
          value={data.classes}
          limits={known.classes}
          step={1}
          onChange={(classes) => draw({ classes })}
        />
      )}
      <NumberField
        label={t.seed}
        value={data.seed}
        limits={known.seed}
        step={1}
        onChange={(seed) => draw({ seed: seed ?? 0 })}
      />
      {!hidden.includes("inputs") && (
        <fieldset class="inputs">
          <legend>{t.inputs}</legend>
          {limits.value.inputs.each.map((name) => {
            const on = setup.value.inputs.includes(name);
            const only = on && setup.value.inputs.length === 1;
            return (
              <button
                type="button"
                key={name}
                aria-pressed={on}
                disabled={only}
                class="chip"
                onClick={() =>
                  changeSetup({
                    ...setup.value,
                    inputs: on
                      ? setup.value.inputs.filter((one) => one !== name)
                      : [...setup.value.inputs, name],
                  })
                }
              >
                {featureLabel(name)}
              </button>
            );
          })}
        </fieldset>
      )}
    </Panel>
  );
}
