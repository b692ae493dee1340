import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { Connection, MessageListener } from "../../src/server/connection";
import {
  axesOf,
  type Cell,
  firstChoice,
  formatMap,
  learningCells,
  lessonChoice,
  makeSweep,
  parseMap,
  readWidths,
  settingsOf,
  tally,
  typicalSeed,
} from "../../src/state/sweep";
import { SETUP } from "../support";

const cell = (...costs: Cell["costs"]): Cell => ({ costs, band: [[], [], []] });

describe("a cell", () => {
  test("counts the seeds that are there", () => {
    expect(tally(cell(0.01, 0.2, "inf", null), 0.025)).toEqual({ n: 1, of: 3, share: 1 / 3 });
    expect(tally(cell(null), 0.025).share).toBe(0);
  });

  test("has a typical seed, whose cost is the median", () => {
    expect(typicalSeed(cell(0.3, 0.1, 0.2))).toBe(2);
    expect(typicalSeed(cell("inf", null, "inf", 0.1))).toBe(0);
    expect(typicalSeed(cell(null))).toBe(0);
  });
});

describe("a choice", () => {
  test("begins with the set-up's own network beside the lesson's", () => {
    const { values, columns, rows } = firstChoice(SETUP);
    expect([columns, rows]).toEqual(["learning_rate", "topology"]);
    expect(values.topology).toEqual([
      [4, 4],
      [4, 8],
      [4, 8, 16, 8, 4],
    ]);
    expect(values.activation).toEqual(["sigmoid", "tanh", "relu"]);
    expect(lessonChoice(SETUP).values.topology).toHaveLength(2);
    expect(firstChoice({ ...SETUP, layers: [] }).values.topology).toHaveLength(2);
  });

  test.each([
    {},
    { columns: "batch_size", rows: "initializer" },
    { columns: "depth", rows: "activation", seeds: 5, steps: 300 },
    { rates: { low: 0.35, high: 0.81, count: 7 } },
  ] as const)("comes back from an address: %o", (part) => {
    const choice = { ...firstChoice(SETUP), ...part };
    const back = parseMap(new URLSearchParams(`map=${formatMap(choice)}`).get("map"), SETUP);
    expect(back && axesOf(back)).toEqual(axesOf(choice));
    expect([back?.seeds, back?.steps]).toEqual([choice.seeds, choice.steps]);
  });

  test.each([
    null,
    "",
    "topology:4-8",
    "topology:4/topology:8/5/100",
    "learning_rate:10~1~5/topology:4/5/100",
    "learning_rate:1~10~5/topology:x/5/100",
    "learning_rate:1~10~5/topology:4/many/100",
    "learning_rate:1~10~5/momentum:4/5/100",
  ])("is none of %o", (text) => {
    expect(parseMap(text, SETUP)).toBeNull();
  });

  test("reads topologies as one writes them", () => {
    expect(readWidths("4-8  4–8–16, 3")).toEqual([[4, 8], [4, 8, 16], [3]]);
    expect(readWidths("4-8 4-8")).toEqual([[4, 8]]);
    for (const text of ["", "four", "4-", "-4", "0", "4 8-x"]) expect(readWidths(text)).toBeNull();
  });
});

function page() {
  const sent: Record<string, unknown>[] = [];
  const opened: unknown[] = [];
  let listener: MessageListener = () => {};
  const connection = {
    send: (message: object) => sent.push(message as Record<string, unknown>),
    on: (_: string, one: MessageListener) => {
      listener = one;
    },
    off: () => {},
  } as Connection;
  const setup = signal(SETUP);
  const open = (...what: unknown[]) => opened.push(what);
  const sweep = makeSweep(connection, { setup, open });
  const say = (message: object) => listener(message as Parameters<MessageListener>[0], []);
  const axes = [
    { name: "learning_rate", values: [0.1, 1] },
    { name: "topology", values: [[4], [8]] },
  ];
  const first = (asked: unknown) => ({
    type: "sweep",
    sweep: asked,
    state: "running",
    axes,
    seeds: [0, 1],
    moments: [0, 100],
    below: 0.025,
    tested: false,
    share: 0.25,
    cells: [{ at: [0, 0], ...cell(0.2, 0.3) }],
    zoom: null,
  });
  const last = (asked: unknown) => ({
    type: "sweep",
    sweep: asked,
    state: "done",
    share: 1,
    cells: [{ at: [1, 0], ...cell(0.01, 0.001) }],
    zoom: [{ name: "learning_rate", values: [0.1, 0.3, 1] }, axes[1]],
  });
  return { sent, opened, setup, sweep, say, first, last };
}

test("a map fills as its cells come", () => {
  const { sent, sweep, say, first, last } = page();
  sweep.draw(SETUP);
  expect(sent[0]).toMatchObject({ type: "sweep", seeds: 10, steps: 2500, setup: SETUP });
  expect(sweep.map.value?.state).toBe("waiting");
  const asked = sent[0]?.asked;
  say({ type: "sweep", sweep: asked, state: "waiting" });
  say(first(asked));
  expect(sweep.map.value?.cells.size).toBe(1);
  expect(sweep.isRunning.value).toBe(true);
  say(last(asked));
  const map = sweep.map.value;
  expect([...(map?.cells.keys() ?? [])]).toEqual(["0,0", "1,0"]);
  expect(map && learningCells(map)).toBe(1);
  expect(map && settingsOf(map, [1, 0])).toEqual({ learning_rate: 1, topology: [4] });
  expect(sweep.isRunning.value).toBe(false);
});

test("what comes of an earlier map, or of one that was stopped, is not this map's", () => {
  const { sent, sweep, say, first } = page();
  sweep.draw(SETUP);
  sweep.draw(SETUP);
  say(first(sent[0]?.asked));
  expect(sweep.map.value?.cells.size).toBe(0);
  sweep.stop();
  expect(sent.at(-1)).toEqual({ type: "stop_sweep" });
  say(first(sent[1]?.asked));
  expect(sweep.map.value?.state).toBe("stopped");
  expect(sweep.map.value?.cells.size).toBe(0);
});

test("an error of its own or a new connection ends a map", () => {
  const { sent, sweep, say } = page();
  sweep.draw(SETUP);
  say({ type: "error", code: "far" }); // of something else
  expect(sweep.isRunning.value).toBe(true);
  say({ type: "error", sweep: sent[0]?.asked });
  expect(sweep.map.value?.state).toBe("stopped");
  sweep.draw(SETUP);
  say({ type: "welcome" });
  expect(sweep.map.value?.state).toBe("stopped");
});

test("one looks closer, and comes back", () => {
  const { sent, sweep, say, first, last } = page();
  sweep.draw(SETUP);
  say(first(sent[0]?.asked));
  say(last(sent[0]?.asked));
  const before = sweep.map.value;
  sweep.zoom();
  expect(sent.at(-1)).toMatchObject({ type: "sweep", axes: before?.zoom, seeds: 2, steps: 2500 });
  expect(sweep.choice.value.rates).toEqual({ low: 0.1, high: 1, count: 3 });
  sweep.back();
  expect(sent.at(-1)).toEqual({ type: "stop_sweep" });
  expect(sweep.map.value).toBe(before);
  expect(sweep.past.value).toEqual([]);
});

test("a cell opens its typical network, a dot the one of its seed", () => {
  const { sent, opened, sweep, say, first, last } = page();
  sweep.draw(SETUP);
  say(first(sent[0]?.asked));
  say(last(sent[0]?.asked));
  sweep.open([1, 0]);
  expect(sent.at(-1)).toMatchObject({
    type: "sweep_cell",
    settings: { learning_rate: 1, topology: [4] },
    seed: 1,
  });
  sweep.open([1, 0], 0);
  expect(sent.at(-1)).toMatchObject({ seed: 0 });
  say({ type: "sweep_cell", setup: SETUP });
  expect(opened).toEqual([[SETUP, 2500]]);
  const said = sent.length;
  sweep.open([0, 1]); // not there yet
  expect(sent).toHaveLength(said);
});

test("a choice stays while cells change the set-up on the screen", () => {
  const { setup, sweep } = page();
  sweep.draw(SETUP);
  const before = sweep.choice.value;
  setup.value = { ...SETUP, layers: [] };
  expect(sweep.choice.value).toBe(before);
});
