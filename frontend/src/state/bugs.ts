// The bug lab's state: the bugs and the program, which line was guessed, and which was found.

import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import type { Connection } from "../server/connection";
import type { Message } from "../server/encoding";
import type { LocalizedText, Run } from "../server/messages";
import type { Setup } from "./setup";
import type { Tool } from "./tools";

export interface BugEntry {
  name: string;
  title: LocalizedText;
  wrong: LocalizedText;
  shows: LocalizedText;
  silent: LocalizedText | null; // why it changes nothing in this set-up
}
/** The answer to "bugs". */
export interface Lab {
  bugs: BugEntry[];
  program: { en: string[]; es: string[] } | null;
  refusal: LocalizedText | null;
}
/** The answer to "find_bug". */
export interface Finding {
  found: {
    kind: string;
    line: number;
    layer: number | null;
    said: LocalizedText;
    title: LocalizedText | null;
    explained: LocalizedText[];
    right: string;
  } | null;
  silent: LocalizedText | null;
}

const RATE = 0.5; // of plain gradient descent, where a wrong factor can be seen
const BATCH = 10;
const TEST_SHARE = 0.3;
const DERIVATIVES = ["sum-for-mean", "lost-two", "overwritten", "z-for-a", "transpose"];
const WITHOUT_SLOPE_OF_A = ["gelu", "mish", "silu"];
const SAME_SLOPE = ["linear", "relu", "leaky_relu"]; // at z as at a

/** The set-up with a bug, and with what it needs to show. */
export function withBug(setup: Setup, bug: string, classes: number): Setup {
  const training = { ...setup.training };
  const output = { ...setup.output };
  const data = { ...setup.data };
  const steep = bug === "z-for-a";
  const layers = setup.layers.map((one) => ({
    ...one,
    activation:
      WITHOUT_SLOPE_OF_A.includes(one.activation) || (steep && SAME_SLOPE.includes(one.activation))
        ? "tanh"
        : one.activation,
  }));
  if (WITHOUT_SLOPE_OF_A.includes(output.activation)) output.activation = "auto";
  if (DERIVATIVES.includes(bug) && training.optimizer !== "sgd") {
    training.optimizer = "sgd"; // others divide a wrong factor out again
    training.learning_rate = RATE;
  }
  if (bug === "lost-two") training.cost = "mse";
  if (bug === "softmax-jacobian" && classes > 0) output.activation = "softmax";
  if (bug === "no-shuffling") training.batch_size ??= BATCH;
  if (bug === "test-in-training" && data.test_share === 0) data.test_share = TEST_SHARE;
  return { ...setup, data, layers, output, training, bug };
}

/** The set-up with all layers equally wide, so that a transpose can be forgotten without a sign. */
export function withSquareLayers(setup: Setup, classes: number, inputs: string[]): Setup {
  const width = Math.max(2, classes);
  const kept = [...setup.inputs, ...inputs.filter((one) => !setup.inputs.includes(one))];
  const chosen = kept.slice(0, width);
  return {
    ...setup,
    inputs: inputs.filter((one) => chosen.includes(one)),
    layers: setup.layers.map((one) => ({ ...one, neurons: width })),
    output: { ...setup.output, activation: "softmax" },
    weights: null,
    frozen: [],
  };
}

/** The settings that differ between two set-ups, by the names of their texts. */
export function changedSettings(before: Setup, after: Setup) {
  const differ = (part: (one: Setup) => unknown) =>
    JSON.stringify(part(before)) !== JSON.stringify(part(after));
  const names = {
    optimizer: differ((one) => one.training.optimizer),
    learning_rate: differ((one) => one.training.learning_rate),
    cost: differ((one) => one.training.cost),
    batch: differ((one) => one.training.batch_size),
    test_share: differ((one) => one.data.test_share),
    activation: differ((one) => one.layers.map((layer) => layer.activation)),
    output: differ((one) => one.output.activation),
  };
  return (Object.keys(names) as (keyof typeof names)[]).filter((one) => names[one]);
}

export type BugLab = ReturnType<typeof makeBugLab>;

export function makeBugLab(
  connection: Connection,
  { run, tool }: { run: Signal<Run | null>; tool: Signal<Tool | null> },
) {
  const lab = signal<Lab | null>(null);
  const finding = signal<Finding | null>(null);
  const busy = signal(false);
  const guessing = signal(false); // whether the bug's name is hidden
  const guess = signal<number | null>(null); // a line
  const also = signal<ReturnType<typeof changedSettings>>([]); // what was set with the bug
  const bug = computed(() => run.value?.setup.bug ?? null);
  const number = computed(() => run.value?.run ?? null);

  // Another set-up has another program: what was said about the old one goes.
  effect(() => {
    void number.value;
    batch(() => {
      finding.value = null;
      guess.value = null;
      busy.value = false;
      if (bug.value === null) {
        guessing.value = false;
        also.value = [];
      }
    });
  });
  effect(() => {
    if (tool.value === "bugs" && number.value !== null) connection.send({ type: "bugs" });
  });
  connection.on("msg:custom", (message: Message) => {
    const current = message.run === number.peek();
    if (message.type === "bugs" && current) lab.value = message as unknown as Lab;
    if (message.type === "bug" && current) finding.value = message as unknown as Finding;
    if (["bug", "error", "welcome"].includes(message.type)) busy.value = false;
    // Recordings have no program: the error says so.
    if (message.type === "error" && tool.peek() === "bugs" && !lab.peek()) tool.value = null;
  });

  return {
    lab,
    finding,
    busy,
    guessing,
    guess,
    also,
    bug,
    find(): void {
      busy.value = true;
      connection.send({ type: "find_bug" });
    },
  };
}
