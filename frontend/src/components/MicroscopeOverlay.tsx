// The current phase's numbers over the diagram, and the source of the highlighted number.

import { type Layout, neuronCenter, neuronSize, weightPath } from "../drawing/network";
import { formatNumber } from "../formulas/mathml";
import { inLanguage } from "../i18n/numbers";
import type { Phase, Run, StepDetails } from "../server/messages";
import type { NumberSource } from "../state/microscope";
import type { Store } from "../state/store";

// Where a weight's label lies along its line: just past the middle, where lines into one neuron are
// still apart and the labels of the source neurons end.
const BESIDE = { x: 0.5375, y: 0.575 };

export function MicroscopeOverlay({
  store,
  run,
  layout,
}: {
  store: Store;
  run: Run;
  layout: Layout;
}) {
  const { microscope, selection, language } = store;
  const say = (number: string) => inLanguage(number, language.value);
  const { open, details, stage, unit, highlighted } = microscope;
  const shown = open.value;
  const now = details.value;
  const fits = shown && now && now.activations.length === run.topology.length - 1;
  if (!fits) return <div class="overlay" hidden />;
  const { phase, layer } = stage.value;
  const selected = selection.value;
  const marked: NumberSource | null =
    highlighted.value ??
    (selected?.kind === "weight"
      ? { kind: "weight", layer: selected.layer, row: selected.row, unit: selected.column }
      : selected?.pinned && selected.layer === 0
        ? { kind: "input", unit: selected.index }
        : null);
  const line = marked?.kind === "weight" && marked.row >= 0 ? marked : null;
  const incoming = Array.from({ length: run.topology[layer] ?? 0 }, (_, i) => i);
  return (
    <div class="overlay" aria-hidden="true" style={{ "--size": `${neuronSize(layout)}px` }}>
      {line && (
        <svg aria-hidden="true">
          <path class="source" d={weightPath(layout, { ...line, column: line.unit })} />
        </svg>
      )}
      {run.topology.flatMap((count, k) =>
        // Other layers have no room for their numbers.
        Array.from({ length: k === layer || k === layer + 1 ? count : 0 }, (_, i) => {
          const [x, y] = neuronCenter(layout, k, i);
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
                  <i>{name}</i> {say(formatNumber(value, 3))}
                </b>
              ))}
            </span>
          );
        }),
      )}
      {incoming.map((i) => {
        const [x1, y1] = neuronCenter(layout, layer, i);
        const [x2, y2] = neuronCenter(layout, layer + 1, unit.value);
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
            <i>{value[0]}</i> {say(formatNumber(value[1], 3))}
          </span>
        );
      })}
    </div>
  );
}

function isLit(marked: NumberSource | null, layer: number, index: number, run: Run): boolean {
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

/** The labeled numbers of a neuron in a phase; layer 0 holds the inputs. */
function numbersOf(
  { arrays, logits }: StepDetails,
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

/** The labeled number of a weight in a phase. */
function weightOf(
  { arrays }: StepDetails,
  phase: Phase,
  layer: number,
  row: number,
  unit: number,
  run: Run,
): [string, number | undefined] {
  const index = row * (run.topology[layer + 1] ?? 0) + unit;
  if (phase === "backward") return ["∂", arrays[`dW${layer}`]?.[index]];
  if (phase === "update") return ["→", arrays[`W_next${layer}`]?.[index]];
  return ["w", arrays[`W${layer}`]?.[index]];
}
