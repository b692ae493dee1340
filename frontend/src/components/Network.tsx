// The network: inputs on the left, outputs on the right, a neuron a picture of what it answers.

import { useEffect, useRef } from "preact/hooks";
import { css, groundOf, NEGATIVE, POSITIVE } from "../colors";
import { paint } from "../pictures";
import type { LayerSetup } from "../setup";
import type { Run, Store } from "../store";
import { pretty } from "./Data";
import { Editor } from "./Editor";
import { Confusion, Gradients } from "./Inside";
import { Choice, Numeric, Panel } from "./controls";
import { weights } from "../weights";

// Pixels from one neuron to the next: as many as a finger needs, or as the tallest layer leaves.
const ROW = { most: 44, least: 24 };
const TALLEST = 240;
const SHARE = 0.84; // of a row that a neuron fills
const COLUMN = 84; // pixels that a layer takes at least
const MOST_LAYERS = 6;
const MOST_NEURONS = 16;

export function Network({ store }: { store: Store }) {
  const { text, setup, change, run, catalog } = store;
  const t = text.value;
  const layers = setup.value.layers;
  const now = run.value;
  const known = catalog.value;
  if (!now || !known) return <Panel title={t.network} name="network"><p>…</p></Panel>;
  const set = (k: number, more: Partial<LayerSetup>) =>
    change({
      ...setup.value,
      layers: layers.map((one, i) => (i === k ? { ...one, ...more } : one)),
    });
  const last = layers.at(-1);
  const hidden = known.activations.filter((one) => one !== "softmax");
  return (
    <Panel title={t.network} name="network">
      <div class="depth" role="group" aria-label={t.depth}>
        <p class="facts">{now.topology.join(" – ")} · {now.parameters} {t.parameters}</p>
        <button
          type="button" disabled={layers.length >= MOST_LAYERS}
          onClick={() => change({
            ...setup.value,
            layers: [...layers, last ?? { neurons: 4, activation: "tanh", learning_rate: null }],
          })}
        >
          + {t.add_layer}
        </button>
        <button
          type="button" disabled={layers.length === 0}
          onClick={() => change({ ...setup.value, layers: layers.slice(0, -1) })}
        >
          − {t.remove_layer}
        </button>
      </div>
      <div class="scroll">
        <div
          class="heads"
          style={{ gridTemplateColumns: `repeat(${layers.length + 2}, minmax(${COLUMN}px, 1fr))` }}
        >
          <div class="head"><strong>{t.inputs}</strong></div>
          {layers.map((layer, k) => (
            <div class="head" key={k}>
              <strong>{t.hidden_layer} {k + 1}</strong>
              <div class="count" role="group" aria-label={`${t.hidden_layer} ${k + 1}`}>
                <button
                  type="button" aria-label={`${t.fewer}: ${t.hidden_layer} ${k + 1}`}
                  disabled={layer.neurons <= 1}
                  onClick={() => set(k, { neurons: layer.neurons - 1 })}
                >−</button>
                <span>{layer.neurons}</span>
                <button
                  type="button" aria-label={`${t.more}: ${t.hidden_layer} ${k + 1}`}
                  disabled={layer.neurons >= MOST_NEURONS}
                  onClick={() => set(k, { neurons: layer.neurons + 1 })}
                >+</button>
              </div>
              <Choice
                label={t.activation} value={layer.activation} options={hidden}
                onChange={(activation) => set(k, { activation })}
              />
              <Numeric
                label={t.own_rate} value={layer.learning_rate} min={0.000001} max={1000}
                step="any" empty={t.common}
                onChange={(learning_rate) => set(k, { learning_rate })}
              />
            </div>
          ))}
          <div class="head">
            <strong>{t.output}</strong>
            <div class="count"><span>{now.outputs}</span></div>
            <Choice
              label={t.activation} value={setup.value.output.activation}
              options={["auto", ...known.activations]}
              name={(one) => (one === "auto" ? `${t.auto}: ${now.output_activation}` : one)}
              onChange={(activation) =>
                change({ ...setup.value, output: { ...setup.value.output, activation } })}
            />
            <Numeric
              label={t.own_rate} value={setup.value.output.learning_rate} min={0.000001} max={1000}
              step="any" empty={t.common}
              onChange={(learning_rate) =>
                change({ ...setup.value, output: { ...setup.value.output, learning_rate } })}
            />
          </div>
        </div>
        <Diagram store={store} run={now} />
      </div>
      <div class="inside">
        <Editor store={store} />
        <Gradients store={store} />
        <Confusion store={store} />
      </div>
    </Panel>
  );
}

function rowOf(topology: number[]): number {
  if (matchMedia("(pointer: coarse)").matches) return ROW.most;
  return Math.max(ROW.least, Math.min(ROW.most, Math.floor(TALLEST / Math.max(...topology))));
}

/** Where a neuron stands: per cent of the width, pixels of the height. */
function place(topology: number[], row: number, layer: number, index: number): [number, number] {
  const height = Math.max(...topology) * row;
  const count = topology[layer] ?? 1;
  return [(100 * (layer + 0.5)) / topology.length, height / 2 + (index - (count - 1) / 2) * row];
}

function Diagram({ store, run }: { store: Store; run: Run }) {
  const { frame, chosen, text, shade } = store;
  const box = useRef<HTMLDivElement>(null);
  const t = text.value;
  const { topology } = run;
  const between = rowOf(topology);
  const height = Math.max(...topology) * between;
  const arrays = frame.value?.arrays;
  useEffect(() => {
    const neurons = arrays?.["neurons"];
    if (!box.current || !(neurons instanceof Uint8Array)) return;
    const canvases = box.current.querySelectorAll("canvas");
    const side = Math.round(Math.sqrt(neurons.length / canvases.length));
    const ground = groundOf(box.current);
    canvases.forEach((canvas, i) =>
      paint(canvas, neurons.subarray(i * side * side, (i + 1) * side * side), side, ground));
  }, [arrays, shade.value]);
  const lines = weights(topology, arrays?.["parameters"]);
  const reach = Math.max(1e-9, ...lines.map((one) => Math.abs(one.value)));
  const at = chosen.value;
  return (
    <div
      class="diagram" ref={box}
      style={{ height: `${height}px`, minWidth: `${COLUMN * topology.length}px` }}
    >
      <svg viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {lines.map(({ layer, row, column, value }) => {
          if (row < 0) return null;
          const [x1, y1] = place(topology, between, layer, row);
          const [x2, y2] = place(topology, between, layer + 1, column);
          const middle = (x1 + x2) / 2;
          const path = `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
          const lit = at?.layer === layer && "column" in at && at.row === row && at.column === column;
          return (
            <g key={`${layer}-${row}-${column}`} class={lit ? "lit" : ""}>
              <path
                d={path} stroke={css(value < 0 ? NEGATIVE : POSITIVE)}
                stroke-width={0.4 + 5 * Math.sqrt(Math.abs(value) / reach)} class="weight"
              />
              <path
                d={path} class="touch"
                onClick={() => { chosen.value = { kind: "weight", layer, row, column }; }}
              />
            </g>
          );
        })}
      </svg>
      {topology.flatMap((count, layer) =>
        Array.from({ length: count }, (_, index) => {
          const [x, y] = place(topology, between, layer, index);
          const name = layer === 0
            ? `${t.input} ${pretty(run.setup.inputs[index] ?? "")}`
            : `${t.neuron} ${layer}.${index + 1}`;
          const bias = lines.find(
            (one) => one.layer === layer - 1 && one.row === -1 && one.column === index,
          );
          // On the way from a neuron to its numbers others are passed: what was clicked stays.
          const look = () => {
            const now = chosen.peek();
            if (now?.kind === "weight" || now?.pinned) return;
            chosen.value = { kind: "neuron", layer, index, pinned: false };
          };
          return (
            <button
              type="button" class="neuron" key={`${layer}-${index}`} aria-label={name} title={name}
              aria-pressed={
                at?.kind === "neuron" && at.pinned && at.layer === layer && at.index === index
              }
              style={{
                left: `${x}%`, top: `${y}px`,
                width: `${SHARE * between}px`, height: `${SHARE * between}px`,
              }}
              onMouseEnter={look}
              onFocus={look}
              onClick={() => { chosen.value = { kind: "neuron", layer, index, pinned: true }; }}
            >
              <canvas width="32" height="32" />
              {layer === 0 && <span class="name">{pretty(run.setup.inputs[index] ?? "")}</span>}
              {bias && (
                <i
                  class="bias"
                  style={{
                    background: css(bias.value < 0 ? NEGATIVE : POSITIVE),
                    opacity: String(0.15 + 0.85 * Math.min(1, Math.abs(bias.value) / reach)),
                  }}
                />
              )}
            </button>
          );
        }))}
    </div>
  );
}
