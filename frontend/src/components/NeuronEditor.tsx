// The selected neuron: its image, its bias and its incoming weights.

import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import { makeNeuronPainter, neuronPlace } from "../drawing/neurons";
import { featureLabel } from "../state/labels";
import { listParameters, type Parameter } from "../state/parameters";
import type { Store } from "../state/store";

export function NeuronEditor({ store }: { store: Store }) {
  const { selection, frame, liveFrame, run, text, send, resolvedTheme } = store;
  const canvas = useRef<HTMLCanvasElement>(null);
  const list = useRef<HTMLDivElement>(null);
  // A draft survives the frames that arrive while the user types.
  const [draft, setDraft] = useState<{ row: number; text: string } | null>(null);
  const selected = selection.value;
  const now = run.value;
  const arrays = frame.value?.arrays;
  const layer = selected?.kind === "neuron" ? selected.layer : (selected?.layer ?? -1) + 1;
  const index = selected?.kind === "neuron" ? selected.index : (selected?.column ?? 0);
  useEffect(() => {
    const small = canvas.current;
    if (!small || !now || !selected) return;
    const paint = makeNeuronPainter(now.topology, paletteOf(small));
    const place = neuronPlace(now.topology, layer, index);
    return effect(() => {
      const neurons = liveFrame.value?.arrays.neurons;
      if (neurons instanceof Uint8Array) paint(small, neurons, place, 1);
    });
  }, [selected, now, resolvedTheme.value]);
  useEffect(() => {
    const selectedRow = list.current?.querySelector<HTMLElement>(".lit");
    if (list.current && selectedRow)
      list.current.scrollTop = selectedRow.offsetTop - list.current.clientHeight / 2;
  }, [selected]);
  if (!selected || !now) return null;
  const t = text.value;
  const incoming = listParameters(now.topology, arrays?.parameters).filter(
    (one) => one.layer === layer - 1 && one.column === index,
  );
  const from = (one: Parameter) =>
    one.row < 0
      ? t.bias
      : layer === 1
        ? featureLabel(now.setup.inputs[one.row] ?? "")
        : `${layer - 1}.${one.row + 1}`;
  const title =
    layer === 0 ? featureLabel(now.setup.inputs[index] ?? "") : `${t.neuron} ${layer}.${index + 1}`;
  return (
    <section class="editor" aria-label={title}>
      <h3>
        {title}
        <button
          type="button"
          onClick={() => {
            selection.value = null;
          }}
        >
          {t.close}
        </button>
      </h3>
      <canvas ref={canvas} width="32" height="32" role="img" aria-label={title} />
      {layer > 0 && (
        <div class="scrolls" ref={list}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.weight}</th>
                <th scope="col">{t.value}</th>
                <th scope="col">{t.frozen}</th>
              </tr>
            </thead>
            <tbody>
              {incoming.map((one) => {
                const { layer: k, row, column } = one;
                const name = from(one);
                const lit = selected.kind === "weight" && selected.row === row;
                return (
                  <tr key={row} class={lit ? "lit" : ""}>
                    <th scope="row">{name}</th>
                    <td>
                      <input
                        type="number"
                        step="any"
                        value={draft?.row === row ? draft.text : Number(one.value.toPrecision(5))}
                        aria-label={`${t.value}: ${name}`}
                        onFocus={() => send("pause")}
                        onInput={(e) => setDraft({ row, text: e.currentTarget.value })}
                        onBlur={() => setDraft(null)}
                        onChange={(e) => {
                          setDraft(null);
                          const value = e.currentTarget.valueAsNumber;
                          if (Number.isFinite(value))
                            send("weight", { layer: k, row, column, value });
                        }}
                      />
                    </td>
                    <td>
                      <input
                        type="checkbox"
                        checked={Boolean(arrays?.frozen?.[one.index])}
                        aria-label={`${t.frozen}: ${name}`}
                        onChange={(e) =>
                          send("weight", { layer: k, row, column, frozen: e.currentTarget.checked })
                        }
                      />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
