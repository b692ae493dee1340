// Earlier runs on this page: the last one stays as a ghost after a reset or a change, and any can be
// kept to compare with.

import { computed, type Signal, signal } from "@preact/signals";
import type { Predictions } from "../drawing/surface";
import type { Frame, Run } from "../server/messages";
import { costAt, lastStep, momentCount, stepAt, wayTo } from "./moments";
import { predictionsOf } from "./predictions";

export interface PastRun {
  id: number;
  run: Run;
  curve: { steps: number[]; costs: number[] };
  /** Its last prediction. */
  predictions: Predictions | null;
}

const MOST = 6;

export type Runs = ReturnType<typeof makeRuns>;

export function makeRuns(run: Signal<Run | null>) {
  const all = signal<PastRun[]>([]); // the newest last
  const pinned = signal<PastRun | null>(null);
  let ids = 0;

  /** Only the same cost of the same points can stand in one plot. */
  const comparable = computed(() => all.value.filter((one) => likeEachOther(one.run, run.value)));
  const shown = computed(() =>
    pinned.value && likeEachOther(pinned.value.run, run.value)
      ? pinned.value
      : (comparable.value.at(-1) ?? null),
  );

  /** A run as it is now. */
  function past(of: Run, rows: Float32Array, frame: Frame | null): PastRun {
    const way = wayTo(rows, frame?.branch ?? 0);
    ids += 1;
    return {
      id: ids,
      run: of,
      curve: { steps: way.map((i) => stepAt(rows, i)), costs: way.map((i) => costAt(rows, i)) },
      predictions: predictionsOf(of, frame),
    };
  }

  return {
    shown,
    pinned,
    comparable,
    /** Where the axis of all drawings over time ends: with the longer of the two runs. */
    lastStep: (rows: Float32Array) =>
      Math.max(lastStep(rows), shown.value?.curve.steps.at(-1) ?? 0),
    /** Keep a run that another one, or its own beginning, replaces. */
    remember(of: Run | null, rows: Float32Array, frame: Frame | null): void {
      if (!of || momentCount(rows) === 0 || lastStep(rows) === 0) return;
      all.value = [...all.value, past(of, rows, frame)].slice(-MOST);
    },
    /** Compare with an earlier run, or with this one as it is now. */
    pin(one: PastRun | null, rows: Float32Array, frame: Frame | null): void {
      pinned.value = one ?? (run.value ? past(run.value, rows, frame) : null);
    },
    unpin(): void {
      pinned.value = null;
    },
  };
}

function likeEachOther(one: Run, other: Run | null): boolean {
  return (
    other !== null &&
    one.cost_name === other.cost_name &&
    JSON.stringify(one.setup.data) === JSON.stringify(other.setup.data)
  );
}
