// The server's messages: a run, its frames, the details of one step.

import type { Setup } from "../state/setup";
import type { NumericArray } from "./encoding";

export interface Run {
  run: number;
  setup: Setup;
  topology: number[];
  outputs: number;
  classes: number;
  parameters: number;
  extent: [number, number, number, number];
  output_activation: string;
  cost_name: string;
  /** The best prediction that does not look at the example, one number for each output; its cost. */
  trivial: number[];
  trivial_cost: number;
  points: Float32Array;
  labels: Float32Array;
  test: Uint8Array;
  /** The layers that are drawn of a network on images or series, the example first. */
  layers?: DrawnLayer[];
}
/** A layer of a network on images or series. */
export interface DrawnLayer {
  kind: string; // Image or Series, then the layer's class
  shape: number[]; // of a recurrence that of its states: steps and units
  place: number; // in the network, from 1
  row: number; // of the set-up's layer that it belongs to; the example has -1, the output the last
  at: number | null; // where its weights begin in the parameters
  weights: number[] | null; // their shape
}
/** The image or series that runs through the network: one of the data, or a drawing. */
export interface Example {
  index: number | null;
  label: number | null;
  of_test: boolean;
}
export type Change = "setup" | "reseed" | "reset" | "weight" | "point" | "erase" | "table";
export interface Frame {
  /** The predictions that bytes 0 and 255 of `arrays.surface` stand for. */
  span: [number, number];
  step: number;
  epoch: number;
  playing: boolean;
  steps_per_second: number;
  cost: number | null;
  test_cost: number | null;
  accuracy: number | null;
  test_accuracy: number | null;
  branch: number;
  at: number;
  snapshots: number;
  /** How many pages share the server. */
  pages?: number;
  /** The kinds of the changes that undo and redo would change back. */
  undo: Change | null;
  redo: Change | null;
  diverged:
    | { layer: number; rate: number; suggested_rate: number }
    | { line: number; message: string } // of a program with a bug that stopped
    | null;
  /** On images and series: whose maps these are. */
  example?: Example;
  /** The doctor's sentence about this moment; the kind of its finding, if there is one. */
  sentence?: (LocalizedText & { kind: string | null }) | null;
  /**
   * Always `surface`, bytes of (outputs, side, side), and `wrong`, one byte a point. A frame with the
   * network has `neurons`, bytes of (neurons, side, side), each on its own scale, the inputs first;
   * `parameters`, `frozen`, `confusion`; and of each layer `signal` (the spread of its outputs over
   * the examples), `gradients` (the root mean square of ∂cost/∂W), `saturation`. Where the history has
   * changed, `history` has (moments, 4) numbers: step, cost, test cost, branch; and `flows` the signal
   * and the gradient of each layer: (moments, 2, layers), NaN where they were not measured.
   * On images and series there are `maps` in place of `surface` and `neurons`: the numbers of all drawn layers.
   */
  arrays: Record<string, NumericArray>;
}
export interface NumberLimits {
  min: number;
  max: number;
  above: boolean; // whether min itself is excluded
}
/** The names and numbers that the server accepts and controls offer. */
export interface Limits {
  data: { kind: string[] } & Record<
    "n" | "noise" | "arms" | "classes" | "test_share" | "seed",
    NumberLimits
  >;
  inputs: { each: string[] };
  layers: {
    most: number;
    each: {
      neurons: NumberLimits;
      activation: string[];
      learning_rate: NumberLimits;
      kind: string[];
    };
  };
  output: { activation: string[]; learning_rate: NumberLimits };
  training: Record<"learning_rate" | "batch_size" | "l1" | "l2", NumberLimits> &
    Record<"optimizer" | "cost" | "initializer", string[]>;
  weights: { most: number };
  images: { most: number };
  /** The kinds of layers that data without a plane may run through. */
  layer_kinds: Record<string, string[]>;
  table: { most: number }; // bytes
  sweep: {
    axes: {
      depth: NumberLimits;
      topology: { most: number; each: NumberLimits };
      initializer: string[];
      activation: string[];
    };
    range: Record<"low" | "high" | "count", NumberLimits>;
    cells: number;
    seeds: number;
    steps: NumberLimits;
    work: number; // steps of all networks
  };
}
export interface LocalizedText {
  en: string;
  es: string;
}
export const PHASES = ["forward", "cost", "backward", "update"] as const;
export type Phase = (typeof PHASES)[number];

export interface Variable {
  name: string;
  shape: number[] | null;
  values: unknown;
}
export interface ExecutedLine {
  number: number;
  phase: Phase | "end";
  layer: number | null;
  variables: Variable[];
}
export interface Lesson {
  source: { number: number; text: string; phase: string | null; es: string | null }[];
  moments: ExecutedLine[];
  refusal?: { en: string; es: string };
  differences?: {
    W: number | null; // null: the training's step is the lesson's
    b: number | null;
    cost: string | null;
    optimizer: string | null;
    rates: boolean;
    penalty: boolean;
    frozen: boolean;
    lent: string[];
  };
}

/** All numbers of one training step, for the microscope. */
export interface StepDetails {
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
  factors: { W: number; b: number } | null; // of the gradient, beside the rate, if constant
  rates: number[];
  bug?: boolean; // then the training takes other steps than this one
  lesson: Lesson;
  arrays: Record<string, NumericArray>;
}

/** A product of a sum; the winner of a maximum has 1 on its right. */
export interface Term {
  names: [string, string];
  left: number | null;
  right: number | null;
  product: number | null;
  /** Where the number stands in the layer's input; null is padding, or the 1 of a bias. */
  x: number[] | null;
  parameter: number[] | null;
  /** Where it is used: of a recurrence the step and the unit. */
  y: number[] | null;
}
/** One number of a layer taken apart, or the derivative by one of its weights. */
export interface NumberApart {
  run: number;
  step: number;
  what: "number" | "weight";
  layer: string;
  kind: string;
  operation: "sum" | "max" | "mean" | "state";
  name: string;
  formula: string;
  place: number[];
  in_shape: number[];
  out_shape: number[];
  terms: Term[];
  value: number | null;
  derivative: number | null;
  difference: number | null;
  output: number | null;
  output_name: string | null;
  says: LocalizedText;
  /** The numbers on the way to it, such as the gates of a step. */
  gates: NumberApart[];
  /** The class that the cost asks for; where none is known, the predicted one. */
  target: number;
  labelled: boolean;
}
