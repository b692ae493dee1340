// The microscope's state: the stages of one training step, and the selected point and neuron.

import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import type { Connection } from "../server/connection";
import { arraysOf, type Message } from "../server/encoding";
import type { ExecutedLine, Frame, Phase, Run, StepDetails, Variable } from "../server/messages";
import type { DiagramSelection } from "./selection";
import type { Tool } from "./tools";

/** One stage of a step. Layers are counted from 0; the cost belongs to the last. */
export interface Stage {
  phase: Phase;
  layer: number;
}

/** Where a number comes from. A bias is a weight of row -1. */
export type NumberSource =
  | { kind: "input"; unit: number }
  | { kind: "neuron"; phase: Phase; layer: number; unit: number }
  | { kind: "weight"; layer: number; row: number; unit: number }
  | { kind: "target"; unit: number }
  | { kind: "setting"; name: "learning_rate" | "l1" | "l2"; layer: number };

const PLAYING_INTERVAL = 250; // milliseconds between requests while the training plays

/** The stages of one training step, in order. */
export function stages(layers: number): Stage[] {
  const order = Array.from({ length: layers }, (_, layer) => layer);
  const of =
    (phase: Phase) =>
    (layer: number): Stage => ({ phase, layer });
  return [
    ...order.map(of("forward")),
    { phase: "cost", layer: layers - 1 },
    ...[...order].reverse().map(of("backward")),
    ...order.map(of("update")),
  ];
}

/** The index of the first executed line of a stage; 0 if there is none. */
export function firstLine(moments: ExecutedLine[], { phase, layer }: Stage): number {
  const at = moments.findIndex(
    (one) => one.phase === phase && (phase === "cost" || one.layer === layer),
  );
  return Math.max(0, at);
}

/** The variables at a line: each line holds only those that have changed. */
export function variablesAt(moments: ExecutedLine[], line: number): Variable[] {
  const known = new Map<string, Variable>();
  for (const moment of moments.slice(0, line + 1)) {
    for (const one of moment.variables) known.set(one.name, one);
  }
  return [...known.values()];
}

/** The index of the nearest point, in the plane's proportions; null without points. */
export function nearestPoint(
  { points, extent: [left, right, bottom, top] }: Pick<Run, "points" | "extent">,
  x: number,
  y: number,
): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; 2 * i < points.length; i += 1) {
    const far = Math.hypot(
      ((points[2 * i] ?? 0) - x) / (right - left),
      ((points[2 * i + 1] ?? 0) - y) / (top - bottom),
    );
    if (far < least) [best, least] = [i, far];
  }
  return best;
}

export type Microscope = ReturnType<typeof makeMicroscope>;

export function makeMicroscope(
  connection: Connection,
  page: {
    run: Signal<Run | null>;
    frame: Signal<Frame | null>;
    selection: Signal<DiagramSelection | null>;
    tool: Signal<Tool | null>;
  },
) {
  const { run, frame, selection, tool } = page;
  const open = computed(() => tool.value === "microscope");
  const point = signal<number | null>(null); // null: the whole batch
  const stageIndex = signal(0);
  const unit = signal(0); // the neuron within the stage's layer
  const selectedLine = signal<number | null>(null); // null: the first line of the stage
  const highlighted = signal<NumberSource | null>(null); // the source of the hovered number
  const details = signal<StepDetails | null>(null);

  const topology = computed(() => run.value?.topology ?? [1, 1]);
  const allStages = computed(() => stages(topology.value.length - 1));
  const stage = computed<Stage>(
    () =>
      allStages.value[Math.min(stageIndex.value, allStages.value.length - 1)] ?? {
        phase: "forward",
        layer: 0,
      },
  );
  const lines = computed(() => details.value?.lesson.moments ?? []);
  const line = computed(() => {
    const last = Math.max(0, lines.value.length - 1);
    return Math.min(last, selectedLine.value ?? firstLine(lines.value, stage.value));
  });

  let waiting = false; // for a response
  let again = false; // the choice has changed since the request
  let asked = 0;

  function request(): void {
    if (run.peek()?.layers) return; // images have a panel of their own
    if (waiting) {
      again = true;
      return;
    }
    if (frame.peek()?.playing && Date.now() - asked < PLAYING_INTERVAL) return;
    asked = Date.now();
    waiting = true;
    again = false;
    connection.send({
      type: "microscope",
      point: point.peek(),
      layer: stage.peek().layer,
      unit: unit.peek(),
    });
  }

  connection.on("msg:custom", (message: Message, buffers: DataView[]) => {
    if (message.type === "microscope") {
      details.value = { ...message, arrays: arraysOf(message, buffers) } as unknown as StepDetails;
    }
    if (message.type === "welcome")
      again = open.peek(); // earlier requests are lost
    else if (message.type !== "microscope" && message.type !== "error") return;
    waiting = false;
    if (again && open.peek() && run.peek()) request();
  });

  // A new network has other stages, and there may be fewer points.
  let shape = "";
  effect(() => {
    const now = run.value;
    if (!now) return;
    batch(() => {
      if ((point.peek() ?? 0) >= now.labels.length) point.value = null;
      if (String(now.topology) === shape) return;
      shape = String(now.topology);
      stageIndex.value = 0;
      unit.value = 0;
      selectedLine.value = null;
      highlighted.value = null;
      details.value = null;
    });
  });
  // It opens on a training that stands.
  effect(() => {
    if (open.value) connection.send({ type: "pause" });
    else highlighted.value = null;
  });
  effect(() => {
    if (!open.value || !frame.value || !run.value) return;
    void [point.value, stage.value.layer, unit.value];
    request();
  });
  // Clicking a neuron in the diagram selects it here.
  effect(() => {
    const now = selection.value;
    if (open.value && now?.kind === "neuron" && now.pinned && now.layer > 0) {
      select(now.layer - 1, now.index);
    }
  });

  function toStage(next: number): void {
    batch(() => {
      stageIndex.value = Math.max(0, Math.min(allStages.peek().length - 1, next));
      selectedLine.value = null;
      clampUnit();
    });
  }

  function clampUnit(): void {
    const width = topology.peek()[stage.peek().layer + 1] ?? 1;
    if (unit.peek() >= width) unit.value = 0;
  }

  function findStage(phase: Phase, layer: number): number {
    return allStages
      .peek()
      .findIndex((one) => one.phase === phase && (one.layer === layer || phase === "cost"));
  }

  /** Select a neuron in the current phase; only the last layer has a cost. */
  function select(layer: number, index: number, phase: Phase = stage.peek().phase): void {
    const known = phase === "cost" && layer !== topology.peek().length - 2 ? "forward" : phase;
    batch(() => {
      unit.value = index;
      const next = findStage(known, layer);
      if (next !== stageIndex.peek()) toStage(next);
    });
  }

  return {
    open,
    point,
    stageIndex,
    unit,
    highlighted,
    details,
    stage,
    stages: allStages,
    lines,
    line,
    topology,
    select,
    next: () => toStage(stageIndex.peek() + 1),
    back: () => toStage(stageIndex.peek() - 1),
    phase: (phase: Phase) => toStage(allStages.peek().findIndex((one) => one.phase === phase)),
    /** Move by lines of the lesson; the stage follows. */
    moveLine(by: number): void {
      const next = Math.max(0, Math.min(lines.peek().length - 1, line.peek() + by));
      const moment = lines.peek()[next];
      batch(() => {
        if (
          moment &&
          moment.phase !== "end" &&
          (moment.layer !== null || moment.phase === "cost")
        ) {
          stageIndex.value = findStage(moment.phase, moment.layer ?? 0);
          clampUnit();
        }
        selectedLine.value = next;
      });
    },
    /** Select the nearest point if the microscope is open; returns whether it is. */
    pickPoint(x: number, y: number): boolean {
      const now = run.peek();
      if (!open.peek() || !now) return false;
      point.value = nearestPoint(now, x, y);
      return true;
    },
    /** Go to the source of a number. */
    follow(source: NumberSource): void {
      batch(() => {
        if (source.kind === "neuron") select(source.layer, source.unit, source.phase);
        if (source.kind === "target") select(topology.peek().length - 2, source.unit, "cost");
        if (source.kind === "input") {
          selection.value = { kind: "neuron", layer: 0, index: source.unit, pinned: true };
        }
        if (source.kind === "weight") {
          const { layer, row, unit: column } = source;
          selection.value = { kind: "weight", layer, row, column };
        }
      });
    },
  };
}
