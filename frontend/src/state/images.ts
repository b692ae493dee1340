// A network on images or series: the example that runs through it, drawn or from the data, and its
// maps. A series is an image of one row, and so are a unit's states over the steps.

import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import type { Connection } from "../server/connection";
import { arraysOf, type Message } from "../server/encoding";
import type { DrawnLayer, Example, Frame, Run } from "../server/messages";

/** A map, or a neuron of a dense layer: a channel of a drawn layer. */
export interface Channel {
  layer: number;
  channel: number;
}
/** x and y in turn, from 0 to 1, y down. */
export type Stroke = number[];

const MOST_POINTS = 3900; // of all strokes: what the server takes
const NEAR = 0.004; // of the pad's side: what moves less is the same place

export type Images = ReturnType<typeof makeImages>;

export function makeImages(
  connection: Connection,
  page: { run: Signal<Run | null>; liveFrame: Signal<Frame | null> },
) {
  const { run, liveFrame } = page;
  const layers = computed<readonly DrawnLayer[]>(() => run.value?.layers ?? []);
  const maps = signal<Float32Array | null>(null);
  const example = signal<Example | null>(null);
  const strokes = signal<Stroke[]>([]);
  const hovered = signal<Channel | null>(null);

  let waiting = false; // for a response
  let next: object | null = null; // the latest request meanwhile

  function ask(about: object): void {
    if (waiting) {
      next = about;
      return;
    }
    waiting = true;
    connection.send({ type: "example", ...about });
  }

  function take(shown: Example | null | undefined, numbers: unknown): void {
    if (!(numbers instanceof Float32Array) || numbers.length !== lengthOf(layers.peek())) return;
    batch(() => {
      maps.value = numbers;
      // While one draws, the frames on their way still show what was there before.
      if (shown && !(shown.index !== null && strokes.peek().length)) example.value = shown;
    });
  }

  connection.on("msg:custom", (message: Message, buffers: DataView[]) => {
    if (message.type === "welcome") {
      waiting = false; // earlier requests are lost
      if (strokes.peek().length) next = { strokes: strokes.peek() };
    } else if (message.type === "run") {
      if (run.peek()?.layers && next) answer();
      return;
    } else if (message.type === "example") {
      take(message as unknown as Example, arraysOf(message, buffers).maps);
      answer();
    } else if (
      message.type === "error" &&
      (message.code === "strokes" || message.code === "images")
    )
      answer();
  });

  function answer(): void {
    waiting = false;
    const last = next;
    next = null;
    if (last) ask(last);
  }

  effect(() => {
    const frame = liveFrame.value;
    if (frame && layers.value.length) take(frame.example, frame.arrays.maps);
  });
  // Another data set has another picture.
  let kind: string | undefined;
  effect(() => {
    if (kind === layers.value[0]?.kind) return;
    kind = layers.value[0]?.kind;
    batch(() => {
      maps.value = null;
      example.value = null;
      strokes.value = [];
      hovered.value = null;
    });
  });

  const draw = (all: Stroke[]) => {
    strokes.value = all;
    ask({ strokes: all });
  };

  return {
    layers,
    maps,
    example,
    strokes,
    hovered,
    /** Whether the example is a drawing, perhaps an empty one. */
    drawn: computed(() => strokes.value.length > 0 || example.value?.index === null),
    /** Put the pen down. */
    begin(x: number, y: number): void {
      draw([...strokes.peek(), [x, y]]);
    },
    /** Move the pen, which is down. */
    extend(x: number, y: number): void {
      const all = strokes.peek();
      const last = all.at(-1);
      if (!last || all.reduce((sum, one) => sum + one.length, 0) > 2 * MOST_POINTS) return;
      const [before = 0, above = 0] = last.slice(-2);
      if (Math.hypot(x - before, y - above) < NEAR) return;
      draw([...all.slice(0, -1), [...last, x, y]]);
    },
    clear(): void {
      example.value = { index: null, label: null, of_test: false };
      draw([]);
    },
    /** Show one of the examples, counted from 0. */
    show(index: number): void {
      const count = run.peek()?.labels.length ?? 1;
      strokes.value = [];
      ask({ index: (index + count) % count });
    },
  };
}

/** How many numbers the maps of all layers are. */
export const lengthOf = (layers: readonly DrawnLayer[]): number =>
  layers.reduce((sum, one) => sum + sizeOf(one), 0);

export const sizeOf = ({ shape }: DrawnLayer): number => shape.reduce((n, one) => n * one, 1);

/** The channels of a layer: maps, the units of a recurrence, or the neurons of a dense one. */
export const channelsOf = ({ shape }: DrawnLayer): number => shape.at(-1) ?? 1;

/** The height and the width of a layer's maps; a series is as wide as it has steps, a neuron 1. */
export const sidesOf = ({ shape }: DrawnLayer): [number, number] =>
  shape.length === 3
    ? [shape[0] ?? 1, shape[1] ?? 1]
    : [1, shape.length === 2 ? (shape[0] ?? 1) : 1];

/** Whether a layer has numbers for each step of a series. */
export const overTime = ({ shape }: DrawnLayer): boolean => shape.length === 2;

/** The numbers of one channel, row by row. */
export function mapOf(
  layers: readonly DrawnLayer[],
  maps: ArrayLike<number>,
  { layer, channel }: Channel,
): Float32Array {
  const one = layers[layer];
  if (!one) return new Float32Array();
  const [height, width] = sidesOf(one);
  const count = channelsOf(one);
  const begin = lengthOf(layers.slice(0, layer));
  return Float32Array.from(
    { length: height * width },
    (_, i) => maps[begin + i * count + channel] ?? 0,
  );
}

/** The largest size of a layer's numbers: its maps share one scale. */
export function reachOf(
  layers: readonly DrawnLayer[],
  maps: ArrayLike<number>,
  layer: number,
): number {
  const begin = lengthOf(layers.slice(0, layer));
  const end = begin + (layers[layer] ? sizeOf(layers[layer]) : 0);
  let reach = 0;
  for (let i = begin; i < end; i += 1) reach = Math.max(reach, Math.abs(maps[i] ?? 0));
  return reach;
}

/** The filter of a convolution's channel: for each channel that it reads, its rows. */
export function filterOf(
  { weights, at }: DrawnLayer,
  parameters: ArrayLike<number> | undefined,
  channel: number,
): number[][][] | null {
  if (weights?.length !== 4 || at === null || !parameters) return null;
  const [height = 0, width = 0, read = 0, count = 0] = weights;
  return Array.from({ length: read }, (_, c) =>
    Array.from({ length: height }, (_row, i) =>
      Array.from(
        { length: width },
        (_column, j) => parameters[at + ((i * width + j) * read + c) * count + channel] ?? 0,
      ),
    ),
  );
}

/** The output's numbers, one for each class: a single output is that of class 1. */
export function outputsOf(layers: readonly DrawnLayer[], maps: Float32Array | null): number[] {
  if (!maps || !layers.length) return [];
  const outputs = Array.from(maps.subarray(-channelsOf(layers.at(-1) as DrawnLayer)));
  return outputs.length === 1 ? [1 - (outputs[0] ?? 0), ...outputs] : outputs;
}

/** The place of the largest number; -1 where none is. */
export const largest = (numbers: readonly number[]): number =>
  numbers.reduce(
    (best, one, k) => (one > (numbers[best] ?? Number.NEGATIVE_INFINITY) ? k : best),
    -1,
  );
