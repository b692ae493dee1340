// The guided path: five stops, each with a question before its answer. Where it can, the network
// itself answers: checking trains it, and the verdict is what the training came to.

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Frame } from "../server/messages";
import type { Setup } from "./setup";

export const STOPS = ["circles", "film", "failure", "reason", "mending"] as const;
export type StopName = (typeof STOPS)[number];

/** The goal of a training: a cost below a bound, or so many steps. */
export interface Verdict {
  cost?: number;
  steps: number;
}
interface Stop {
  name: StopName;
  /** The ready-made set-up that it opens. */
  example: string;
  /** The place of the right option, of three. */
  right: 0 | 1 | 2;
  /** The training that decides; without it the answer is known. */
  verdict?: Verdict;
  /** Steps a second of that training. */
  speed?: number;
  /** The change that each option makes before the training. */
  changes?: Partial<Setup["training"]>[];
}

export const PATH: Stop[] = [
  { name: "circles", example: "lesson", right: 1 },
  { name: "film", example: "lesson", right: 1, verdict: { cost: 0.01, steps: 1500 }, speed: 50 },
  { name: "failure", example: "gradient", right: 1, verdict: { steps: 2500 }, speed: 500 },
  { name: "reason", example: "gradient", right: 1 },
  {
    name: "mending",
    example: "gradient",
    right: 2,
    verdict: { cost: 0.01, steps: 2500 },
    speed: 500,
    changes: [{ learning_rate: 50 }, { learning_rate: 0.5 }, { initializer: "orthogonal" }],
  },
];

/** Whether a training has come to its verdict, and what it is: met or not; null while it goes on. */
export function judge(verdict: Verdict, frame: Frame): boolean | null {
  if (verdict.cost !== undefined && frame.cost !== null && frame.cost < verdict.cost) return true;
  if (frame.diverged) return false;
  return frame.step >= verdict.steps ? verdict.cost === undefined : null;
}

export type Tour = ReturnType<typeof makeTour>;

export function makeTour(page: {
  frame: ReadonlySignal<Frame | null>;
  openExample(name: string, change?: Partial<Setup["training"]>): void;
  setSpeed(stepsPerSecond: number): void;
  send(type: "play" | "pause"): void;
}) {
  const index = signal(0);
  const chosen = signal<number | null>(null);
  const phase = signal<"asking" | "training" | "right" | "wrong">("asking");
  const hinted = signal(false);
  const solved = signal<ReadonlySet<StopName>>(new Set());
  const stop = computed(() => PATH[index.value] as Stop);
  let begun = false; // the training that decides has been seen at its beginning

  function decide(right: boolean): void {
    batch(() => {
      phase.value = right ? "right" : "wrong";
      if (right) solved.value = new Set([...solved.peek(), stop.peek().name]);
    });
  }

  const end = effect(() => {
    const now = page.frame.value;
    if (phase.value !== "training" || !now) return;
    const { verdict, changes, right } = stop.peek();
    // Frames of the training before may still arrive.
    if (now.playing && now.step < (verdict?.steps ?? 0)) begun = true;
    const met = verdict && begun ? judge(verdict, now) : null;
    if (met === null) return;
    page.send("pause");
    // Where options change the training, the result decides; elsewhere it was to be predicted.
    decide(changes ? met : chosen.peek() === right);
  });

  return {
    index,
    stop,
    chosen,
    phase,
    hinted,
    solved,
    go(next: number): void {
      const before = stop.peek().example;
      batch(() => {
        index.value = Math.max(0, Math.min(PATH.length - 1, next));
        chosen.value = null;
        phase.value = "asking";
        hinted.value = false;
      });
      // The reason is read from the failure that was just seen.
      if (stop.peek().name !== "reason" || before !== stop.peek().example) this.open();
    },
    open(): void {
      page.openExample(stop.peek().example);
    },
    choose(option: number): void {
      if (phase.peek() === "training") return;
      batch(() => {
        chosen.value = option;
        phase.value = "asking";
      });
    },
    hint(): void {
      hinted.value = true;
    },
    check(): void {
      const { verdict, speed, changes, example, right } = stop.peek();
      const option = chosen.peek();
      if (option === null) return;
      if (!verdict) {
        decide(option === right);
        return;
      }
      begun = false;
      page.openExample(example, changes?.[option]);
      if (speed) page.setSpeed(speed);
      phase.value = "training";
      page.send("play");
    },
    dispose: end,
  };
}
