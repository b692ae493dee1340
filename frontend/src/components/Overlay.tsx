// The numbers of the phase in the diagram, and where the number that is pointed at comes from.

import { useEffect, useRef } from "preact/hooks";
import { written } from "../formula";
import type { Look, Phase, Source } from "../microscope";
import { type Layout, place, sideOf, way } from "../scene";
import type { Run, Store } from "../store";

// A place on the curve of a line a little beyond its middle: there lines to one neuron still lie
// apart, and the numbers of the neurons they come from end.
const BESIDE = { x: 0.5375, y: 0.575 };

export function Overlay({ store, run, layout }: { store: Store; run: Run; layout: Layout }) {
  const { microscope, chosen } = store;
  const { open, look, stage, unit, lit } = microscope;
  const box = useRef<HTMLDivElement>(null);
  const shown = open.value;
  useEffect(() => {
    const columns = String(run.topology.length);
    box.current?.closest<HTMLElement>(".scroll")?.style.setProperty("--columns", columns);
  }, [run.topology.length]);
  const now = look.value;
  const layers = run.topology.length;
  const column = stage.value.layer + 1;
  useEffect(() => {
    // Where the diagram is wider than its place, the layer that is looked at comes into view.
    const scroll = box.current?.closest<HTMLElement>(".scroll");
    if (!shown || !scroll) return;
    scroll.scrollLeft = (scroll.scrollWidth * (column + 0.25)) / layers - scroll.clientWidth / 2;
  }, [shown, column, layers]);
  const fits = shown && now && now.activations.length === run.topology.length - 1;
  if (!fits) return <div class="overlay" ref={box} hidden />;
  const { phase, layer } = stage.value;
  const at = chosen.value;
  const marked: Source | null =
    lit.value ??
    (at?.kind === "weight"
      ? { kind: "weight", layer: at.layer, row: at.row, unit: at.column }
      : at?.pinned && at.layer === 0
        ? { kind: "input", unit: at.index }
        : null);
  const line = marked?.kind === "weight" && marked.row >= 0 ? marked : null;
  const incoming = Array.from({ length: run.topology[layer] ?? 0 }, (_, i) => i);
  return (
    <div class="overlay" ref={box} aria-hidden="true" style={{ "--size": `${sideOf(layout)}px` }}>
      {line && (
        <svg>
          <path class="source" d={way(layout, { ...line, column: line.unit })} />
        </svg>
      )}
      {run.topology.flatMap((count, k) =>
        Array.from({ length: count }, (_, i) => {
          const [x, y] = place(layout, k, i);
          return (
            <span
              key={`${k}-${i}`}
              style={{ left: `${x}px`, top: `${y}px` }}
              class={[
                "values",
                k === layer + 1 && i === unit.value ? "here" : "",
                isLit(marked, k, i, run) ? "source" : "",
              ].join(" ")}
            >
              {numbersOf(now, phase, k, i, run).map(([name, value]) => (
                <b key={name}>
                  <i>{name}</i> {written(value, 3)}
                </b>
              ))}
            </span>
          );
        }),
      )}
      {incoming.map((i) => {
        const [x1, y1] = place(layout, layer, i);
        const [x2, y2] = place(layout, layer + 1, unit.value);
        const value = weightOf(now, phase, layer, i, unit.value, run);
        return (
          <span
            key={`line-${i}`}
            class="on-line"
            style={{
              left: `${x1 + (x2 - x1) * BESIDE.x}px`,
              top: `${y1 + (y2 - y1) * BESIDE.y}px`,
            }}
          >
            <i>{value[0]}</i> {written(value[1], 3)}
          </span>
        );
      })}
    </div>
  );
}

function isLit(marked: Source | null, layer: number, index: number, run: Run): boolean {
  if (!marked) return false;
  switch (marked.kind) {
    case "input":
      return layer === 0 && index === marked.unit;
    case "neuron":
      return layer === marked.layer + 1 && index === marked.unit;
    case "target":
      return layer === run.topology.length - 1 && index === marked.unit;
    case "weight":
      return marked.row < 0 && layer === marked.layer + 1 && index === marked.unit;
    case "setting":
      return false;
  }
}

/** What is known of a neuron in a phase: layer 0 are the inputs. */
function numbersOf(
  { arrays, logits }: Look,
  phase: Phase,
  layer: number,
  index: number,
  run: Run,
): [string, number | undefined][] {
  const of = (name: string): number | undefined => arrays[`${name}${layer - 1}`]?.[index];
  if (layer === 0) return phase === "forward" ? [["x", arrays.inputs?.[index]]] : [];
  switch (phase) {
    case "forward":
      return [
        ["z", of("z")],
        ["a", of("a")],
      ];
    case "cost": {
      if (layer < run.topology.length - 1) return [];
      return [
        ["a", of("a")],
        ["t", arrays.target?.[index]],
      ];
    }
    case "backward":
      return [
        ["δ", of("delta")],
        ...(logits && layer === run.topology.length - 1
          ? []
          : [["f′", of("slope")] as [string, number | undefined]]),
      ];
    case "update":
      return [
        ["b", of("b")],
        ["→", of("b_next")],
      ];
  }
}

/** What is known of a weight in a phase. */
function weightOf(
  { arrays }: Look,
  phase: Phase,
  layer: number,
  row: number,
  unit: number,
  run: Run,
): [string, number | undefined] {
  const place = row * (run.topology[layer + 1] ?? 0) + unit;
  if (phase === "backward") return ["∂", arrays[`dW${layer}`]?.[place]];
  if (phase === "update") return ["→", arrays[`W_next${layer}`]?.[place]];
  return ["w", arrays[`W${layer}`]?.[place]];
}

/** A ring around the point that is looked at. */
export function PointMark({ store }: { store: Store }) {
  const { microscope, run } = store;
  const i = microscope.point.value;
  const now = run.value;
  if (!microscope.open.value || i === null || !now) return null;
  const [left, right, bottom, top] = now.extent;
  const x = ((now.points[2 * i] ?? 0) - left) / (right - left);
  const y = ((now.points[2 * i + 1] ?? 0) - bottom) / (top - bottom);
  return <i class="looked-at" style={{ left: `${100 * x}%`, top: `${100 * (1 - y)}%` }} />;
}
