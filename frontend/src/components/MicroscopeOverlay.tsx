// The current phase's numbers over the diagram, and the source of the highlighted number.

import { isSplit, type Layout, neuronCenter, neuronSize, weightPath } from "../drawing/network";
import { formatNumber } from "../formulas/mathml";
import { inLanguage } from "../i18n/numbers";
import type { Phase, Run, StepDetails } from "../server/messages";
import { featureLabel } from "../state/labels";
import type { NumberSource } from "../state/microscope";
import type { Store } from "../state/store";

// Where a weight's label lies along its line: just past the middle, where lines into one neuron are
// still apart and the labels of the source neurons end.
const BESIDE = { x: 0.5375, y: 0.575 };
const ROOMY = 120; // pixels from layer to layer
const LETTERS = 0.6875; // rem, of the numbers
const GAP = 3; // pixels between a neuron and its numbers

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
  // Narrow columns have no room for numbers on their lines.
  const roomy = layout.width / run.topology.length > ROOMY;
  const incoming = Array.from({ length: roomy ? (run.topology[layer] ?? 0) : 0 }, (_, i) => i);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const pen = document.createElement("canvas").getContext("2d");
  if (pen)
    pen.font = `${LETTERS * rem}px ${getComputedStyle(store.host.root).getPropertyValue("--sans")}`;
  const wide = (text: string) => (pen?.measureText(text).width ?? 0) + 4;
  const names = run.setup.inputs.map(featureLabel);
  const aside = 6 + Math.max(0, ...names.map(wide)) / LETTERS; // the names have larger letters
  const written = ([name, value]: [string, number | undefined], digits: number) =>
    `${name} ${formatNumber(value, digits)}`;
  const widest = (numbers: [string, number | undefined][], digits: number) =>
    Math.max(0, ...numbers.map((one) => wide(written(one, digits))));
  const numbersFor = (k: number) =>
    Array.from({ length: run.topology[k] ?? 0 }, (_, i) => numbersOf(now, phase, k, i, run));
  const weights = incoming.map((i) => weightOf(now, phase, layer, i, unit.value, run));
  /** Pixels beside the neurons of a layer, up to the next ones. */
  const roomBeside = (k: number): number => {
    const [x] = neuronCenter(layout, k, 0);
    const taken = neuronSize(layout) / 2 + GAP;
    if (isSplit(layout, k)) return 0;
    if (k === 0) return x - taken - aside; // the inputs' stand before their names
    if (k === run.topology.length - 1) return layout.width - x - taken;
    const next = neuronCenter(layout, k + 1, 0)[0] - x;
    return next - neuronSize(layout) / 2 - taken;
  };
  /** As many digits as there is room for; none where there is room for no number. */
  const digitsFor = (k: number): number =>
    [3, 2].find((digits) => widest(numbersFor(k).flat(), digits) <= roomBeside(k)) ?? 0;
  return (
    <div
      class="overlay"
      aria-hidden="true"
      style={{ "--size": `${neuronSize(layout)}px`, "--aside": `${aside}px` }}
    >
      {line && (
        <svg aria-hidden="true">
          <path class="source" d={weightPath(layout, { ...line, column: line.unit })} />
        </svg>
      )}
      {/* Other layers have no room for their numbers. */}
      {[layer, layer + 1].flatMap((k) => {
        const digits = digitsFor(k);
        return numbersFor(k).map((numbers, i) => {
          const [x, y] = neuronCenter(layout, k, i);
          return (
            <span
              key={`${k}-${i}`}
              style={{ left: `${x}px`, top: `${y}px` }}
              class={[
                "values",
                k === 0 ? "before" : "",
                k === layer + 1 && i === unit.value ? "here" : "",
                isLit(marked, k, i, run) ? "source" : "",
              ].join(" ")}
            >
              {(digits ? numbers : []).map(([name, value]) => (
                <b key={name}>
                  <i>{name}</i> {say(formatNumber(value, digits))}
                </b>
              ))}
            </span>
          );
        });
      })}
      {incoming.map((i) => {
        const [x1, y1] = neuronCenter(layout, layer, i);
        const [x2, y2] = neuronCenter(layout, layer + 1, unit.value);
        const [name, value] = weights[i] ?? ["", undefined];
        return (
          <span
            key={`line-${i}`}
            class="on-line"
            style={{
              left: `${x1 + (x2 - x1) * BESIDE.x}px`,
              top: `${y1 + (y2 - y1) * BESIDE.y}px`,
            }}
          >
            <i>{name}</i> {say(formatNumber(value, 3))}
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
