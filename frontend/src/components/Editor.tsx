// The neuron that was chosen: its picture, its bias and the weights that lead to it.

import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { groundOf } from "../colors";
import { paint } from "../pictures";
import type { Store } from "../store";
import { type Weight, weights } from "../weights";
import { pretty } from "./Data";

export function Editor({ store }: { store: Store }) {
  const { chosen, frame, picture, run, text, send, shade } = store;
  const canvas = useRef<HTMLCanvasElement>(null);
  const list = useRef<HTMLDivElement>(null);
  // What is being typed stays, whatever frames come meanwhile.
  const [draft, setDraft] = useState<{ row: number; text: string } | null>(null);
  const at = chosen.value;
  const now = run.value;
  const arrays = frame.value?.arrays;
  const layer = at?.kind === "neuron" ? at.layer : (at?.layer ?? -1) + 1;
  const index = at?.kind === "neuron" ? at.index : (at?.column ?? 0);
  useEffect(() => {
    const small = canvas.current;
    if (!small || !now || !at) return;
    const total = now.topology.reduce((sum, one) => sum + one, 0);
    const before = now.topology.slice(0, layer).reduce((sum, one) => sum + one, 0) + index;
    const ground = groundOf(small);
    return effect(() => {
      const neurons = picture.value?.arrays.neurons;
      if (!(neurons instanceof Uint8Array)) return;
      const size = neurons.length / total;
      const own = neurons.subarray(before * size, (before + 1) * size);
      paint(small, own, Math.round(Math.sqrt(size)), ground);
    });
  }, [at, now, shade.value]);
  useEffect(() => {
    const lit = list.current?.querySelector<HTMLElement>(".lit");
    if (list.current && lit) list.current.scrollTop = lit.offsetTop - list.current.clientHeight / 2;
  }, [at]);
  if (!at || !now) return null;
  const t = text.value;
  const incoming = weights(now.topology, arrays?.parameters).filter(
    (one) => one.layer === layer - 1 && one.column === index,
  );
  const from = (one: Weight) =>
    one.row < 0
      ? t.bias
      : layer === 1
        ? pretty(now.setup.inputs[one.row] ?? "")
        : `${layer - 1}.${one.row + 1}`;
  const title =
    layer === 0 ? pretty(now.setup.inputs[index] ?? "") : `${t.neuron} ${layer}.${index + 1}`;
  return (
    <section class="editor" aria-label={title}>
      <h3>
        {title}
        <button
          type="button"
          onClick={() => {
            chosen.value = null;
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
                const lit = at.kind === "weight" && at.row === row;
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
