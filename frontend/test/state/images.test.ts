import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { Connection, MessageListener } from "../../src/server/connection";
import type { DrawnLayer, Frame, NumberApart, Run, Term } from "../../src/server/messages";
import { filterOf, largest, makeImages, mapOf, outputsOf, reachOf } from "../../src/state/images";
import type { Tool } from "../../src/state/tools";
import { biasOf, boundsOf, makeWindows, windowsOf } from "../../src/state/windows";

const LAYERS: DrawnLayer[] = [
  { kind: "Image", shape: [2, 2, 1], place: 0, row: -1, at: null, weights: null },
  { kind: "Conv2D", shape: [2, 2, 2], place: 1, row: 0, at: 0, weights: [1, 2, 1, 2] },
  { kind: "Dense", shape: [2], place: 3, row: 1, at: 6, weights: [8, 2] },
];
const MAPS = Float32Array.from([0, 1, 2, 3, 10, -20, 11, 21, 12, 22, 13, 23, 0.25, 0.75]);

function fake() {
  const sent: Record<string, unknown>[] = [];
  const listeners: MessageListener[] = [];
  const connection: Connection = {
    send: (message) => sent.push(message as Record<string, unknown>),
    on: (_, listener) => listeners.push(listener),
    off: () => {},
  };
  const receive = (message: object, maps?: Float32Array) => {
    const arrays = maps ? [{ name: "maps", dtype: "float32", shape: [maps.length] }] : [];
    const buffers = maps ? [new DataView(maps.slice().buffer)] : [];
    for (const listener of listeners) listener({ ...message, arrays } as never, buffers);
  };
  const run = signal<Run | null>({ layers: LAYERS, labels: new Float32Array(5) } as never);
  const liveFrame = signal<Frame | null>(null);
  const images = makeImages(connection, { run, liveFrame });
  return { sent, receive, run, liveFrame, images, connection };
}

const shown = (index: number | null) => ({ index, label: index, of_test: false });
const answer = (index: number | null) => ({ type: "example", ...shown(index) });

describe("the example that runs through the network", () => {
  test("is that of the frames, until one draws", () => {
    const { liveFrame, images, sent } = fake();
    liveFrame.value = { example: shown(3), arrays: { maps: MAPS } } as never;
    expect(images.example.value?.index).toBe(3);
    expect(images.maps.value).toEqual(MAPS);
    images.begin(0.5, 0.25);
    expect(sent).toEqual([{ type: "example", strokes: [[0.5, 0.25]] }]);
    // A frame on its way still has the image.
    liveFrame.value = { example: shown(3), arrays: { maps: MAPS.slice() } } as never;
    expect(images.drawn.value).toBe(true);
  });

  test("asks for one answer at a time, and then for the latest drawing", () => {
    const { images, sent, receive } = fake();
    images.begin(0, 0);
    images.extend(0.1, 0);
    images.extend(0.1, 0.0001); // as good as the same place
    images.extend(0.2, 0);
    expect(sent).toHaveLength(1);
    receive(answer(null), MAPS);
    expect(sent.at(-1)).toEqual({ type: "example", strokes: [[0, 0, 0.1, 0, 0.2, 0]] });
    receive(answer(null), MAPS);
    expect(sent).toHaveLength(2);
    images.clear();
    expect(images.drawn.value).toBe(true);
    expect(sent.at(-1)).toEqual({ type: "example", strokes: [] });
    receive({ type: "error", code: "strokes" }); // it goes on after an error
    images.show(-1);
    expect(sent.at(-1)).toEqual({ type: "example", index: 4 });
    expect(images.strokes.value).toEqual([]);
  });

  test("goes with the images", () => {
    const { run, images } = fake();
    images.begin(0, 0);
    run.value = { labels: new Float32Array(3) } as never;
    expect(images.strokes.value).toEqual([]);
    expect(images.layers.value).toEqual([]);
  });
});

test("numbers of a map, of a filter, and the largest", () => {
  expect([...mapOf(LAYERS, MAPS, { layer: 1, channel: 1 })]).toEqual([-20, 21, 22, 23]);
  expect([...mapOf(LAYERS, MAPS, { layer: 2, channel: 1 })]).toEqual([0.75]);
  expect(reachOf(LAYERS, MAPS, 1)).toBe(23);
  const parameters = [1, 2, 3, 4, 0, 0];
  expect(filterOf(LAYERS[1] as DrawnLayer, parameters, 1)).toEqual([[[2, 4]]]);
  expect(filterOf(LAYERS[2] as DrawnLayer, parameters, 1)).toBe(null);
  expect(largest([1, 3, 2])).toBe(1);
  expect(largest([])).toBe(-1);
});

const term = (x: number[] | null, parameter: number[] | null, product: number): Term => ({
  names: ["x", "W"],
  left: 1,
  right: product,
  product,
  x,
  parameter,
  y: null,
});

test("the windows of a number are those of the channels that it reads", () => {
  const apart = {
    kind: "Conv2D",
    terms: [
      term(null, [0, 0, 0, 1], 1),
      term([0, 0, 0], [0, 1, 0, 1], 2),
      term(null, [0, 0, 1, 1], 3),
      term([0, 0, 1], [0, 1, 1, 1], 4),
      term(null, [1], 5),
    ],
  } as unknown as NumberApart;
  expect(windowsOf(apart).map(({ channel, sum, rows }) => [channel, sum, rows.length])).toEqual([
    [0, 3, 1],
    [1, 7, 1],
  ]);
  expect(biasOf(apart)).toBe(5);
  expect(boundsOf(apart)).toEqual([
    [0, [0, 0, 1, 1]],
    [1, [0, 0, 1, 1]],
  ]);
  const pooled = {
    kind: "MaxPool2D",
    terms: [2, 3].flatMap((r) => [0, 1].map((c) => term([r, c, 7], null, 0))),
  } as unknown as NumberApart;
  expect(windowsOf(pooled)[0]?.rows.map((row) => row.length)).toEqual([2, 2]);
  expect(boundsOf(pooled)).toEqual([[7, [2, 0, 4, 2]]]);
});

test("the window goes on in the next row, and asks for its number", () => {
  const { images, run, connection, sent, receive } = fake();
  const tool = signal<Tool | null>(null);
  const windows = makeWindows(connection, { run, frame: signal({} as Frame), tool, images });
  windows.show({ layer: 1, channel: 1 });
  expect(windows.place.value).toEqual([1, 1]);
  expect(sent.at(-1)).toEqual({ type: "window", layer: 1, place: [1, 1, 1] });
  receive({ type: "window", what: "number" });
  windows.move(0, 1); // the last window stays
  windows.move(0, -1);
  windows.move(0, -1);
  expect(windows.place.value).toEqual([0, 1]);
  receive({ type: "window", what: "number" }); // the latest place is asked for
  expect(sent.at(-1)).toEqual({ type: "window", layer: 1, place: [0, 1, 1] });
});

describe("a network on series", () => {
  const layers: DrawnLayer[] = [
    { kind: "Series", shape: [3, 1], place: 0, row: -1, at: null, weights: null },
    { kind: "LSTM", shape: [3, 2], place: 1, row: 0, at: 0, weights: [1, 8] },
    { kind: "Dense", shape: [1], place: 2, row: 1, at: 32, weights: [2, 1] },
  ];

  test("has the states of a unit over the steps, and two classes of one output", () => {
    const maps = Float32Array.from([1, 2, 3, 10, 20, 11, 21, 12, 22, 0.75]);
    expect([...mapOf(layers, maps, { layer: 1, channel: 1 })]).toEqual([20, 21, 22]);
    expect(outputsOf(layers, maps)).toEqual([0.25, 0.75]);
  });

  test("is taken apart step by step, and unit by unit", () => {
    const { images, run, connection, sent, receive } = fake();
    run.value = { layers, labels: new Float32Array(5) } as never;
    const tool = signal<Tool | null>(null);
    const windows = makeWindows(connection, { run, frame: signal({} as Frame), tool, images });
    const asked = () => {
      receive({ type: "window", what: "number" });
      return sent.at(-1);
    };
    windows.at(0, 1);
    windows.show({ layer: 1, channel: 0 });
    expect(asked()).toEqual({ type: "window", layer: 1, place: [1, 0] });
    windows.move(0, 1);
    windows.move(0, 1); // the last step stays
    windows.move(1, 0);
    windows.move(1, 0); // and so does the last unit
    expect(asked()).toEqual({ type: "window", layer: 1, place: [2, 1] });
    windows.select({ layer: 2, channel: 0 });
    expect(asked()).toEqual({ type: "window", layer: 2, place: [0] });
    windows.select({ layer: 1, channel: 0 });
    expect(asked()).toEqual({ type: "window", layer: 1, place: [2, 0] }); // the step is kept
  });
});
