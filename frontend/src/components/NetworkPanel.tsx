// The network: a header for each layer, the diagram, the selected neuron, the gradients.

import { LAYER_WIDTH } from "../drawing/network";
import { newLayer } from "../state/presets";
import type { LayerSetup } from "../state/setup";
import type { Store } from "../state/store";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { NumberField, Panel, Select } from "./controls";
import { Gradients } from "./Gradients";
import { NetworkDiagram } from "./NetworkDiagram";
import { NeuronEditor } from "./NeuronEditor";

export function NetworkPanel({ store }: { store: Store }) {
  const { text, setup, changeSetup, run, limits, defaults } = store;
  const t = text.value;
  const layers = setup.value.layers;
  const now = run.value;
  const known = limits.value.layers;
  if (!now) return null;
  const set = (k: number, more: Partial<LayerSetup>) =>
    changeSetup({
      ...setup.value,
      layers: layers.map((one, i) => (i === k ? { ...one, ...more } : one)),
    });
  const last = layers.at(-1);
  return (
    <Panel title={t.network} name="network">
      <div class="depth" role="group" aria-label={t.depth}>
        <p class="facts">
          {now.topology.join(" – ")} · {now.parameters} {t.parameters}
        </p>
        <button
          type="button"
          disabled={layers.length >= known.most}
          onClick={() =>
            changeSetup({
              ...setup.value,
              layers: [...layers, last ?? newLayer(defaults.value)],
            })
          }
        >
          + {t.add_layer}
        </button>
        <button
          type="button"
          disabled={layers.length === 0}
          onClick={() => changeSetup({ ...setup.value, layers: layers.slice(0, -1) })}
        >
          − {t.remove_layer}
        </button>
      </div>
      <div class="scroll">
        <div
          class="heads"
          style={{
            gridTemplateColumns: `repeat(${layers.length + 2}, minmax(${LAYER_WIDTH}px, 1fr))`,
          }}
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
                  disabled={layer.neurons <= known.each.neurons.min}
                  onClick={() => set(k, { neurons: layer.neurons - 1 })}
                >
                  −
                </button>
                <span>{layer.neurons}</span>
                <button
                  type="button"
                  aria-label={`${t.more}: ${t.hidden_layer} ${k + 1}`}
                  disabled={layer.neurons >= known.each.neurons.max}
                  onClick={() => set(k, { neurons: layer.neurons + 1 })}
                >
                  +
                </button>
              </div>
              <Select
                label={t.activation}
                value={layer.activation}
                options={known.each.activation}
                onChange={(activation) => set(k, { activation })}
              />
              <NumberField
                label={t.own_rate}
                value={layer.learning_rate}
                limits={known.each.learning_rate}
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
            <Select
              label={t.activation}
              value={setup.value.output.activation}
              options={limits.value.output.activation}
              name={(one) => (one === "auto" ? `${t.auto}: ${now.output_activation}` : one)}
              onChange={(activation) =>
                changeSetup({ ...setup.value, output: { ...setup.value.output, activation } })
              }
            />
            <NumberField
              label={t.own_rate}
              value={setup.value.output.learning_rate}
              limits={known.each.learning_rate}
              step="any"
              empty={t.common}
              onChange={(learning_rate) =>
                changeSetup({ ...setup.value, output: { ...setup.value.output, learning_rate } })
              }
            />
          </div>
        </div>
        <NetworkDiagram store={store} run={now} />
      </div>
      <div class="inside">
        <NeuronEditor store={store} />
        <Gradients store={store} />
        <ConfusionMatrix store={store} />
      </div>
    </Panel>
  );
}
