// The microscope's state: one step of the training in its stages, and where the person looks.

import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import type { Model } from "./model";
import type { Chosen, Frame, Run } from "./store";
import { arraysOf, type Content, type Numbers } from "./wire";

export const PHASES = ["forward", "cost", "backward", "update"] as const;
export type Phase = (typeof PHASES)[number];

/** One stop of the stepper; layers are counted from 0, and the cost is with the last. */
export interface Stage {
  phase: Phase;
  layer: number;
}

/** Where a number comes from. An input is of layer -1; a bias is a weight of row -1. */
export type Source =
  | { kind: "input"; unit: number }
  | { kind: "neuron"; phase: Phase; layer: number; unit: number }
  | { kind: "weight"; layer: number; row: number; unit: number }
  | { kind: "target"; unit: number }
  | { kind: "setting"; name: "learning_rate" | "l1" | "l2"; layer: number };

export interface Variable {
  name: string;
  shape: number[] | null;
  values: unknown;
}
export interface Moment {
  number: number;
  phase: Phase | "end";
  layer: number | null;
  variables: Variable[];
}
export interface Lesson {
  source: { number: number; text: string; phase: string | null }[];
  moments: Moment[];
  refusal?: { en: string; es: string };
  differences?: {
    W: number;
    b: number;
    cost: string | null;
    optimizer: string | null;
    rates: boolean;
    penalty: boolean;
    frozen: boolean;
    lent: string[];
  };
}

/** What the server says of one step. */
export interface Look {
  run: number;
  point: number | null;
  layer: number;
  unit: number;
  step: number;
  examples: number;
  test: boolean;
  cost: number | null;
  data_cost: number | null;
  penalty: number | null;
  l1: number;
  l2: number;
  cost_name: string;
  logits: boolean;
  activations: string[];
  optimizer: string;
  rates: number[];
  lesson: Lesson;
  arrays: Record<string, Numbers>;
}

const WHILE_PLAYING = 250; // milliseconds between two looks at a training that goes on

/** The stages of one step of the training, in their order. */
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

/** The first line of the lesson's that belongs to a stage; 0 if none does. */
export function firstLine(moments: Moment[], { phase, layer }: Stage): number {
  const at = moments.findIndex(
    (one) => one.phase === phase && (phase === "cost" || one.layer === layer),
  );
  return Math.max(0, at);
}

/** The variables as they are before a line: each line brings those alone that have changed. */
export function variablesAt(moments: Moment[], line: number): Variable[] {
  const known = new Map<string, Variable>();
  for (const moment of moments.slice(0, line + 1)) {
    for (const one of moment.variables) known.set(one.name, one);
  }
  return [...known.values()];
}

/** The point that is nearest to a place, as the plane is shown; null if there is none. */
export function nearest(
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
  model: Model,
  page: { run: Signal<Run | null>; frame: Signal<Frame | null>; chosen: Signal<Chosen | null> },
) {
  const { run, frame, chosen } = page;
  const open = signal(false);
  const point = signal<number | null>(null); // null: the whole batch
  const at = signal(0); // which stage
  const unit = signal(0); // which neuron of the stage's layer
  const walked = signal<number | null>(null); // the lesson's line, once one has gone on by lines
  const lit = signal<Source | null>(null); // what a number that is pointed at comes from
  const look = signal<Look | null>(null);

  const topology = computed(() => run.value?.topology ?? [1, 1]);
  const all = computed(() => stages(topology.value.length - 1));
  const stage = computed<Stage>(
    () => all.value[Math.min(at.value, all.value.length - 1)] ?? { phase: "forward", layer: 0 },
  );
  const moments = computed(() => look.value?.lesson.moments ?? []);
  const line = computed(() => {
    const last = Math.max(0, moments.value.length - 1);
    return Math.min(last, walked.value ?? firstLine(moments.value, stage.value));
  });

  let waiting = false; // for an answer
  let again = false; // something was chosen meanwhile
  let asked = 0;

  function ask(): void {
    if (waiting) {
      again = true;
      return;
    }
    if (frame.peek()?.playing && Date.now() - asked < WHILE_PLAYING) return;
    asked = Date.now();
    waiting = true;
    again = false;
    model.send({
      type: "microscope",
      point: point.peek(),
      layer: stage.peek().layer,
      unit: unit.peek(),
    });
  }

  model.on("msg:custom", (content: Content, buffers: DataView[]) => {
    if (content.type === "microscope") {
      look.value = { ...content, arrays: arraysOf(content, buffers) } as unknown as Look;
    }
    if (content.type === "welcome")
      again = open.peek(); // what was asked before is lost
    else if (content.type !== "microscope" && content.type !== "error") return;
    waiting = false;
    if (again && open.peek() && run.peek()) ask();
  });

  // Another network has other stages, and other points may be fewer.
  let shape = "";
  effect(() => {
    const now = run.value;
    if (!now) return;
    batch(() => {
      if ((point.peek() ?? 0) >= now.labels.length) point.value = null;
      if (String(now.topology) === shape) return;
      shape = String(now.topology);
      at.value = 0;
      unit.value = 0;
      walked.value = null;
      lit.value = null;
      look.value = null;
    });
  });
  effect(() => {
    if (!open.value || !frame.value || !run.value) return;
    void [point.value, stage.value.layer, unit.value];
    ask();
  });
  // A neuron that is clicked in the diagram is the one that is looked at.
  effect(() => {
    const now = chosen.value;
    if (open.value && now?.kind === "neuron" && now.pinned && now.layer > 0) {
      select(now.layer - 1, now.index);
    }
  });

  function toStage(next: number): void {
    batch(() => {
      at.value = Math.max(0, Math.min(all.peek().length - 1, next));
      walked.value = null;
      fit();
    });
  }

  function fit(): void {
    const width = topology.peek()[stage.peek().layer + 1] ?? 1;
    if (unit.peek() >= width) unit.value = 0;
  }

  function find(phase: Phase, layer: number): number {
    return all
      .peek()
      .findIndex((one) => one.phase === phase && (one.layer === layer || phase === "cost"));
  }

  /** Look at a neuron, in the phase that is shown; the cost is with the last layer only. */
  function select(layer: number, index: number, phase: Phase = stage.peek().phase): void {
    const known = phase === "cost" && layer !== topology.peek().length - 2 ? "forward" : phase;
    batch(() => {
      unit.value = index;
      const next = find(known, layer);
      if (next !== at.peek()) toStage(next);
    });
  }

  function close(): void {
    batch(() => {
      open.value = false;
      lit.value = null;
    });
  }

  return {
    open,
    point,
    at,
    unit,
    lit,
    look,
    stage,
    stages: all,
    moments,
    line,
    topology,
    select,
    close,
    /** Open it, which stops the training, or close it. */
    toggle(): void {
      if (open.peek()) {
        close();
        return;
      }
      model.send({ type: "pause" });
      open.value = true;
    },
    next: () => toStage(at.peek() + 1),
    back: () => toStage(at.peek() - 1),
    phase: (phase: Phase) => toStage(all.peek().findIndex((one) => one.phase === phase)),
    /** Go on by lines of the lesson; the stage follows. */
    walk(by: number): void {
      const next = Math.max(0, Math.min(moments.peek().length - 1, line.peek() + by));
      const moment = moments.peek()[next];
      batch(() => {
        if (
          moment &&
          moment.phase !== "end" &&
          (moment.layer !== null || moment.phase === "cost")
        ) {
          at.value = find(moment.phase, moment.layer ?? 0);
          fit();
        }
        walked.value = next;
      });
    },
    /** Take the nearest point, if the microscope is open; tell whether it was. */
    pick(x: number, y: number): boolean {
      const now = run.peek();
      if (!open.peek() || !now) return false;
      point.value = nearest(now, x, y);
      return true;
    },
    /** Go to where a number comes from. */
    follow(source: Source): void {
      batch(() => {
        if (source.kind === "neuron") select(source.layer, source.unit, source.phase);
        if (source.kind === "target") select(topology.peek().length - 2, source.unit, "cost");
        if (source.kind === "input") {
          chosen.value = { kind: "neuron", layer: 0, index: source.unit, pinned: true };
        }
        if (source.kind === "weight") {
          const { layer, row, unit: column } = source;
          chosen.value = { kind: "weight", layer, row, column };
        }
      });
    },
  };
}
