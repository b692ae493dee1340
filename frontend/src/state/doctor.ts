// The doctor's findings and the proof of their cures, as the server sends them.

import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Connection } from "../server/connection";
import type { Message } from "../server/encoding";
import type { LocalizedText, Run } from "../server/messages";
import type { Setup } from "./setup";

export interface Finding {
  kind: string;
  layer: number | null;
  value: number | null;
  threshold: number | null;
  measure: LocalizedText;
  text: LocalizedText;
  cures: string[];
}
export interface Diagnosis {
  findings: Finding[];
  healthy: boolean;
  seconds: number;
  steps: number;
}
type Numbers = (number | null)[];
export interface Band {
  min: Numbers;
  median: Numbers;
  max: Numbers;
}
/** A training with some cures, at several seeds. */
export interface Trial {
  cures: string[];
  words: LocalizedText;
  /** One for each seed: 1 is perfect, 0 as good as the best constant. */
  skill: Numbers;
  accuracy: Numbers;
  mean: number | null;
  gain: Numbers; // over the run as it is: the mean and its interval's ends
  wins: number;
  cured: boolean;
  mark: string;
  steps: number[];
  costs: Band;
  /** The set-up that the page can train in its place; null if it cannot. */
  setup: Setup | null;
}
export interface Proof {
  sick: Trial;
  trials: Trial[];
  search: Trial[];
  best: number | null;
  found: number | null;
  untried: LocalizedText[];
  seeds: number[];
  seconds: number;
  trivial_cost: number | null;
  verdict: LocalizedText;
}

/** Up to three that cured: those that the page can train, each alone before any pair, the best first. */
export function shownCures({ trials }: Proof, most = 3): Trial[] {
  const order = (one: Trial) => (one.setup ? 0 : 100) + one.cures.length * 10 - (one.mean ?? -1);
  return trials
    .filter((one) => one.cured)
    .sort((a, b) => order(a) - order(b))
    .slice(0, most);
}

/** All that was tried, the best first; the random search's best is among them. */
export function everyTrial({ sick, trials, search, found }: Proof): Trial[] {
  const best = found === null ? undefined : search[found];
  return [...trials, ...(best ? [best] : []), sick].sort(
    (a, b) => (b.mean ?? Number.NEGATIVE_INFINITY) - (a.mean ?? Number.NEGATIVE_INFINITY),
  );
}

export type Doctor = ReturnType<typeof makeDoctor>;

export function makeDoctor(connection: Connection, run: ReadonlySignal<Run | null>) {
  const diagnosis = signal<Diagnosis | null>(null);
  const proof = signal<Proof | null>(null);
  const looking = signal(false);
  const trying = signal<number | null>(null); // the share that is done
  let of = -1; // the run that they belong to
  let waiting = false; // for a diagnosis: the server makes one at a time

  function forget(): void {
    batch(() => {
      diagnosis.value = proof.value = trying.value = null;
      looking.value = false;
    });
  }

  function ask(): void {
    waiting = true;
    connection.send({ type: "doctor" });
  }

  connection.on("msg:custom", (message: Message) => {
    if (message.type === "run" && message.run !== of && of >= 0) forget();
    if (message.type === "doctor") {
      waiting = false;
      if (message.run === run.peek()?.run) {
        looking.value = false;
        diagnosis.value = message as unknown as Diagnosis;
      } else if (looking.value) ask(); // another run has begun meanwhile
    }
    if (message.type === "cures" && trying.value !== null) {
      if (message.done === false) trying.value = Number(message.share ?? 0);
      else {
        trying.value = null;
        proof.value = message as unknown as Proof;
      }
    }
    if (message.type === "error" || message.type === "welcome") {
      waiting = looking.value = false;
      trying.value = null;
    }
  });

  return {
    diagnosis,
    proof,
    looking,
    trying,
    /** Ask what is wrong with the run. */
    look(): void {
      of = run.peek()?.run ?? -1;
      forget();
      looking.value = true;
      if (!waiting) ask();
    },
    /** Have the findings' cures tried. */
    prove(): void {
      of = run.peek()?.run ?? -1;
      proof.value = null;
      trying.value = 0;
      connection.send({ type: "cures" });
    },
  };
}
