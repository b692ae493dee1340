// The diagram: connections as lines, neurons as images that can be selected.

import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import {
  diagramHeight,
  LAYER_WIDTH,
  layoutNetwork,
  makeNetworkPainter,
  neuronCenter,
  neuronSize,
  weightPath,
} from "../drawing/network";
import type { Run } from "../server/messages";
import { featureLabel, neuronName } from "../state/labels";
import { listParameters } from "../state/parameters";
import type { Store } from "../state/store";
import { MicroscopeOverlay } from "./MicroscopeOverlay";
import { useRoom } from "./room";

export function NetworkDiagram({ store, run }: { store: Store; run: Run }) {
  const { liveFrame, selection, hovered, text, resolvedTheme } = store;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height: room } = useRoom(box);
  const t = text.value;
  const { topology } = run;
  const finger = matchMedia("(pointer: coarse)").matches;
  // Numbers stand beside neurons where the layers leave room for them.
  const numbers = store.microscope.open.value && Math.max(...topology) <= 8;
  const layout = useMemo(
    () => layoutNetwork(topology, width, finger, numbers, room),
    [String(topology), width, finger, numbers, room],
  );
  useEffect(() => {
    if (!canvas.current || width === 0) return;
    const draw = makeNetworkPainter(canvas.current, layout, paletteOf(canvas.current));
    let drawn: unknown[] = [];
    return effect(() => {
      const arrays = liveFrame.value?.arrays;
      const [neurons, parameters] = [arrays?.neurons, arrays?.parameters];
      const selected = selection.value;
      if (!(neurons instanceof Uint8Array) || parameters?.length !== run.parameters) return;
      const next = [neurons, selected];
      if (next.every((one, i) => one === drawn[i])) return; // a frame of the picture alone
      drawn = next;
      draw({ neurons, parameters }, selected?.kind === "weight" ? selected : null);
    });
  }, [layout, run.parameters, resolvedTheme.value]);
  // Lines are thin: wider invisible ones take the clicks.
  const lines = useMemo(
    () =>
      listParameters(topology, undefined)
        .filter(({ row }) => row >= 0)
        .map(({ layer, row, column }) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the editor offers the same by keyboard.
          <path
            key={`${layer}-${row}-${column}`}
            d={weightPath(layout, { layer, row, column })}
            class="touch"
            onClick={() => {
              selection.value = { kind: "weight", layer, row, column };
            }}
          />
        )),
    [layout],
  );
  const height = diagramHeight(layout);
  const side = neuronSize(layout);
  const at = selection.value;
  return (
    <div
      class="diagram"
      ref={box}
      style={{ height: `${height}px`, minWidth: `${LAYER_WIDTH * topology.length}px` }}
    >
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus. */}
      <canvas class="scene" ref={canvas} aria-hidden="true" />
      <svg aria-hidden="true">{lines}</svg>
      {topology.flatMap((count, layer) =>
        Array.from({ length: count }, (_, index) => {
          const [x, y] = neuronCenter(layout, layer, index);
          const name = neuronName(run, layer, index, t);
          // What the pointer is on is shown in the large picture, and nothing moves.
          const show = () => {
            hovered.value = { layer, index };
          };
          const hide = () => {
            hovered.value = null;
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
              onMouseEnter={show}
              onMouseLeave={hide}
              onFocus={show}
              onBlur={hide}
              onClick={() => {
                selection.value = { kind: "neuron", layer, index, pinned: true };
              }}
            >
              {layer === 0 && (
                <span class="name">{featureLabel(run.setup.inputs[index] ?? "")}</span>
              )}
            </button>
          );
        }),
      )}
      <MicroscopeOverlay store={store} run={run} layout={layout} />
    </div>
  );
}
