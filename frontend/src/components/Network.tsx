// The network: its head, the controls of each layer, the diagram.

import { useRef } from "preact/hooks";
import type { Run } from "../server/messages";
import { newLayer } from "../state/setup";
import type { Store } from "../state/store";
import { FeatureMaps } from "./FeatureMaps";
import { Hint } from "./Hint";
import { LayerColumns } from "./layer-controls";
import { NetworkDiagram } from "./NetworkDiagram";
import { useSize } from "./room";
import { WordCard } from "./WordCard";

/** Without `controls`, for a tool below it, only the layers' names stay over the diagram. */
export function Network({ store, controls = true }: { store: Store; controls?: boolean }) {
  const { text, run, write } = store;
  const t = text.value;
  const now = run.value;
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  if (!now) return null;
  return (
    <section class="block network" aria-label={t.network}>
      <header class="head-row">
        <h2>{t.network}</h2>
        <p class="facts">
          {shapesOf(now)} · {write(now.parameters)} {t.parameters}
        </p>
        {controls && <Depth store={store} />}
      </header>
      <div class="scroll" ref={box}>
        <LayerColumns store={store} run={now} width={width} controls={controls} />
        {now.layers ? (
          <FeatureMaps store={store} run={now} />
        ) : (
          <NetworkDiagram store={store} run={now} />
        )}
      </div>
      {controls && <Hint store={store} name="network" />}
    </section>
  );
}

/** The widths of dense layers; of images the shape that each layer gives. */
function shapesOf({ layers, topology }: Run): string {
  return layers ? layers.map(({ shape }) => shape.join("×")).join(" → ") : topology.join("–");
}

function Depth({ store }: { store: Store }) {
  const { text, setup, changeSetup, limits, defaults } = store;
  const t = text.value;
  const layers = setup.value.layers;
  return (
    <div class="depth count" role="group" aria-label={t.depth}>
      <span aria-hidden="true">{t.shell.layers}</span>
      <WordCard word="layers" label={t.shell.layers} />
      <button
        type="button"
        aria-label={t.remove_layer}
        disabled={layers.length === 0}
        onClick={() => changeSetup({ ...setup.value, layers: layers.slice(0, -1) })}
      >
        −
      </button>
      <b>{layers.length}</b>
      <button
        type="button"
        aria-label={t.add_layer}
        disabled={layers.length >= limits.value.layers.most}
        onClick={() =>
          changeSetup({
            ...setup.value,
            layers: [...layers, layers.at(-1) ?? newLayer(defaults.value)],
          })
        }
      >
        +
      </button>
    </div>
  );
}
