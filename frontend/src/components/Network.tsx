// The network: inputs on the left, outputs on the right, a neuron a picture of what it answers.

import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { groundOf } from "../colors";
import { axesOf, outputOf } from "../names";
import { heightOf, layoutOf, makeScene, place, sideOf, way } from "../scene";
import type { LayerSetup } from "../setup";
import type { Run, Store } from "../store";
import { weights } from "../weights";
import { Choice, Numeric, Panel } from "./controls";
import { pretty } from "./Data";
import { Editor } from "./Editor";
import { Confusion, Gradients } from "./Inside";
import { Overlay } from "./Overlay";

const COLUMN = 84; // pixels that a layer takes at least
const MOST_LAYERS = 6;
const MOST_NEURONS = 16;

export function Network({ store }: { store: Store }) {
  const { text, setup, change, run, catalog } = store;
  const t = text.value;
  const layers = setup.value.layers;
  const now = run.value;
  const known = catalog.value;
  if (!now || !known)
    return (
      <Panel title={t.network} name="network">
        <p>…</p>
      </Panel>
    );
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
        <p class="facts">
          {now.topology.join(" – ")} · {now.parameters} {t.parameters}
        </p>
        <button
          type="button"
          disabled={layers.length >= MOST_LAYERS}
          onClick={() =>
            change({
              ...setup.value,
              layers: [...layers, last ?? { neurons: 4, activation: "tanh", learning_rate: null }],
            })
          }
        >
          + {t.add_layer}
        </button>
        <button
          type="button"
          disabled={layers.length === 0}
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
          <div class="head">
            <strong>{t.inputs}</strong>
          </div>
          {layers.map((layer, k) => (
            <div class="head" key={k}>
              <strong>
                {t.hidden_layer} {k + 1}
              </strong>
              <div class="count" role="group" aria-label={`${t.hidden_layer} ${k + 1}`}>
                <button
                  type="button"
                  aria-label={`${t.fewer}: ${t.hidden_layer} ${k + 1}`}
                  disabled={layer.neurons <= 1}
                  onClick={() => set(k, { neurons: layer.neurons - 1 })}
                >
                  −
                </button>
                <span>{layer.neurons}</span>
                <button
                  type="button"
                  aria-label={`${t.more}: ${t.hidden_layer} ${k + 1}`}
                  disabled={layer.neurons >= MOST_NEURONS}
                  onClick={() => set(k, { neurons: layer.neurons + 1 })}
                >
                  +
                </button>
              </div>
              <Choice
                label={t.activation}
                value={layer.activation}
                options={hidden}
                onChange={(activation) => set(k, { activation })}
              />
              <Numeric
                label={t.own_rate}
                value={layer.learning_rate}
                min={0.000001}
                max={1000}
                step="any"
                empty={t.common}
                onChange={(learning_rate) => set(k, { learning_rate })}
              />
            </div>
          ))}
          <div class="head">
            <strong>{t.output}</strong>
            <div class="count">
              <span>{now.outputs}</span>
            </div>
            <Choice
              label={t.activation}
              value={setup.value.output.activation}
              options={["auto", ...known.activations]}
              name={(one) => (one === "auto" ? `${t.auto}: ${now.output_activation}` : one)}
              onChange={(activation) =>
                change({ ...setup.value, output: { ...setup.value.output, activation } })
              }
            />
            <Numeric
              label={t.own_rate}
              value={setup.value.output.learning_rate}
              min={0.000001}
              max={1000}
              step="any"
              empty={t.common}
              onChange={(learning_rate) =>
                change({ ...setup.value, output: { ...setup.value.output, learning_rate } })
              }
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

function Diagram({ store, run }: { store: Store; run: Run }) {
  const { picture, chosen, text, shade } = store;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const t = text.value;
  const { topology } = run;
  const finger = matchMedia("(pointer: coarse)").matches;
  const numbers = store.microscope.open.value;
  const layout = useMemo(
    () => layoutOf(topology, width, finger, numbers),
    [String(topology), width, finger, numbers],
  );
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const fit = () => setWidth(place.clientWidth);
    const resized = new ResizeObserver(fit);
    resized.observe(place);
    return () => resized.disconnect();
  }, []);
  useEffect(() => {
    if (!canvas.current || width === 0) return;
    const draw = makeScene(canvas.current, layout, groundOf(canvas.current));
    return effect(() => {
      const arrays = picture.value?.arrays;
      const [neurons, parameters] = [arrays?.neurons, arrays?.parameters];
      const at = chosen.value;
      if (!(neurons instanceof Uint8Array) || parameters?.length !== run.parameters) return;
      draw({ neurons, parameters }, at?.kind === "weight" ? at : null);
    });
  }, [layout, run.parameters, shade.value]);
  // Lines are thin: what is clicked is a wider one that is not seen.
  const lines = useMemo(
    () =>
      weights(topology, undefined)
        .filter(({ row }) => row >= 0)
        .map(({ layer, row, column }) => (
          <path
            key={`${layer}-${row}-${column}`}
            d={way(layout, { layer, row, column })}
            class="touch"
            onClick={() => {
              chosen.value = { kind: "weight", layer, row, column };
            }}
          />
        )),
    [layout],
  );
  const height = heightOf(layout);
  const side = sideOf(layout);
  const at = chosen.value;
  return (
    <div
      class="diagram"
      ref={box}
      style={{ height: `${height}px`, minWidth: `${COLUMN * topology.length}px` }}
    >
      <canvas class="scene" ref={canvas} aria-hidden="true" />
      <svg aria-hidden="true">{lines}</svg>
      {topology.flatMap((count, layer) =>
        Array.from({ length: count }, (_, index) => {
          const [x, y] = place(layout, layer, index);
          const said =
            layer === 0
              ? axesOf(run)?.[["x1", "x2"].indexOf(run.setup.inputs[index] ?? "")]
              : layer + 1 === topology.length
                ? outputOf(run, index)
                : null;
          const name =
            (layer === 0
              ? `${t.input} ${pretty(run.setup.inputs[index] ?? "")}`
              : `${t.neuron} ${layer}.${index + 1}`) + (said ? `: ${said}` : "");
          // On the way from a neuron to its numbers others are passed: what was clicked stays.
          const look = () => {
            const now = chosen.peek();
            if (now?.kind === "weight" || now?.pinned) return;
            chosen.value = { kind: "neuron", layer, index, pinned: false };
          };
          return (
            <button
              type="button"
              class="neuron"
              key={`${layer}-${index}`}
              aria-label={name}
              title={name}
              aria-pressed={
                at?.kind === "neuron" && at.pinned && at.layer === layer && at.index === index
              }
              style={{ left: `${x}px`, top: `${y}px`, width: `${side}px`, height: `${side}px` }}
              onMouseEnter={look}
              onFocus={look}
              onClick={() => {
                chosen.value = { kind: "neuron", layer, index, pinned: true };
              }}
            >
              {layer === 0 && <span class="name">{pretty(run.setup.inputs[index] ?? "")}</span>}
            </button>
          );
        }),
      )}
      <Overlay store={store} run={run} layout={layout} />
    </div>
  );
}
