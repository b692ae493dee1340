// The map of a sweep: what it is asked for, and its cells as they come.

import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Connection } from "../server/connection";
import type { Message } from "../server/encoding";
import type { Setup } from "./setup";

export const AXES = [
  "learning_rate",
  "topology",
  "depth",
  "initializer",
  "activation",
  "batch_size",
] as const;
export type AxisName = (typeof AXES)[number];
/** Widths of hidden layers, a name, a number; no batch size takes all points. */
export type Value = number | string | number[] | null;
export interface Range {
  low: number;
  high: number;
  count: number;
}
export interface Axis {
  name: AxisName;
  values: Value[];
}
/** A person's choice: the values of each axis, and which two of them vary. */
export interface Choice {
  columns: AxisName;
  rows: AxisName;
  rates: Range;
  values: Record<Exclude<AxisName, "learning_rate">, Value[]>;
  seeds: number;
  steps: number;
}

type Numbers = (number | null)[];
export interface Cell {
  /** Each seed's; null where it is not there yet, "inf" where the training diverged. */
  costs: (number | "inf" | null)[];
  /** The 10th, 50th and 90th percentile at each moment; null where they diverged. */
  band: [Numbers, Numbers, Numbers];
}
export interface SweepMap {
  /** The settings that all cells share. */
  base: Setup;
  axes: Axis[];
  seeds: number[];
  steps: number;
  moments: number[];
  below: number;
  /** Whether costs are those of the test points. */
  tested: boolean;
  cells: ReadonlyMap<string, Cell>;
  state: "waiting" | "running" | "done" | "late" | "stopped";
  /** How much of it is there. */
  share: number;
  /** The axes of a closer look at the border. */
  zoom: Axis[] | null;
}
export type Place = readonly number[];

export const placeKey = (place: Place) => place.join();

/** The lesson's map: its two networks, at all rates. */
const LESSON_TOPOLOGIES = [
  [4, 8],
  [4, 8, 16, 8, 4],
];
const RATES: Range = { low: 0.001, high: 10, count: 12 };
export const SEEDS = [5, 10, 20];

/** The first choice for a set-up: the lesson's axes, with the set-up's own values among them. */
export function firstChoice({ layers, training }: Setup): Choice {
  const own = layers.map((one) => one.neurons);
  const with_ = (value: Value | undefined, others: Value[]) =>
    value === undefined || others.some((one) => String(one) === String(value))
      ? others
      : [value, ...others];
  return {
    columns: "learning_rate",
    rows: "topology",
    rates: RATES,
    values: {
      topology: with_(own.length ? own : undefined, LESSON_TOPOLOGIES),
      depth: [1, 2, 3, 4, 5],
      initializer: with_(training.initializer, ["uniform", "glorot_uniform", "orthogonal"]),
      activation: with_(layers[0]?.activation, ["sigmoid", "tanh", "relu"]),
      batch_size: [10, 50, null],
    },
    seeds: 10,
    steps: 2500,
  };
}

/** The lesson's experiment. */
export function lessonChoice(lesson: Setup): Choice {
  const choice = firstChoice(lesson);
  return { ...choice, values: { ...choice.values, topology: LESSON_TOPOLOGIES } };
}

/** The axes as the server takes them, the columns first. */
export function axesOf(choice: Choice): { name: AxisName; values: Value[] | Range }[] {
  return [choice.columns, choice.rows].map((name) => ({
    name,
    values: name === "learning_rate" ? choice.rates : choice.values[name],
  }));
}

/** The number of values of an axis. */
export function countOf(choice: Choice, name: AxisName): number {
  return name === "learning_rate" ? choice.rates.count : choice.values[name].length;
}

// The widths of hidden layers, as one writes several of them: "4-8 4-8-16-8-4".

export const writeWidths = (value: Value) => (Array.isArray(value) ? value.join("-") : "");

/** Null where something else is written; the server knows which widths fit. */
export function readWidths(text: string): number[][] | null {
  const parts = text.split(/[\s,;/]+/).filter(Boolean);
  const fits = parts.length > 0 && parts.every((one) => /^[1-9]\d*([-–][1-9]\d*)*$/.test(one));
  if (!fits) return null;
  return [...new Set(parts.map((one) => one.replaceAll("–", "-")))].map((one) =>
    one.split("-").map(Number),
  );
}

// A choice in an address: "learning_rate:0.001~10~12/topology:4-8,4-8-16-8-4/10/2500".

export function formatMap(choice: Choice): string {
  const { low, high, count } = choice.rates;
  const write = (name: AxisName) =>
    name === "learning_rate"
      ? `${low}~${high}~${count}`
      : choice.values[name].map((one) => writeWidths(one) || String(one ?? "all")).join();
  const axes = [choice.columns, choice.rows].map((name) => `${name}:${write(name)}`);
  return [...axes, choice.seeds, choice.steps].join("/");
}

/** Null where the text holds no map; what it does not say is the set-up's. */
export function parseMap(text: string | null, setup: Setup): Choice | null {
  const [columns = "", rows = "", seeds = "", steps = ""] = (text ?? "").split("/");
  const choice = firstChoice(setup);
  const names = [columns, rows].map((part) => AXES.find((one) => one === part.split(":")[0]));
  const [first, second] = names;
  if (!first || !second || first === second) return null;
  const values = { ...choice.values };
  let rates = choice.rates;
  for (const part of [columns, rows]) {
    const [name = "", given = ""] = part.split(":");
    if (name === "learning_rate") {
      const [low = 0, high = 0, count = 0] = given.split("~").map(Number);
      if (!(low > 0 && high > low && count >= 2)) return null;
      rates = { low, high, count };
      continue;
    }
    const widths = name === "topology" ? readWidths(given) : null;
    const read = widths ?? given.split(",").filter(Boolean).map(readValue);
    if (read.length === 0 || (name === "topology" && !widths)) return null;
    values[name as "depth"] = read;
  }
  if (!(Number(seeds) >= 1 && Number(steps) >= 1)) return null;
  return {
    columns: first,
    rows: second,
    rates,
    values,
    seeds: Number(seeds),
    steps: Number(steps),
  };
}

const readValue = (text: string): Value =>
  text === "all" ? null : Number.isNaN(Number(text)) ? text : Number(text);

// What is read of a cell.

const isThere = (cost: Cell["costs"][number]) => cost !== null;
const size = (cost: Cell["costs"][number]) =>
  cost === null || cost === "inf" ? Number.POSITIVE_INFINITY : cost;

export const succeeds = (cost: Cell["costs"][number] | undefined, below: number) =>
  typeof cost === "number" && cost < below;

/** How many of the seeds that are there succeed, and their share. */
export function tally({ costs }: Cell, below: number): { n: number; of: number; share: number } {
  const there = costs.filter(isThere);
  const n = there.filter((one) => succeeds(one, below)).length;
  return { n, of: there.length, share: there.length ? n / there.length : 0 };
}

/** How dark a cell is, from 0 to 1, where this share of its seeds succeeds: with a leap at a half,
 * where the border is. */
export const inkOf = (share: number) =>
  share < 0.5 ? 0.04 + 0.64 * share : 0.64 + 0.72 * (share - 0.5);

/** The place of the seed whose cost is the median. */
export function typicalSeed({ costs }: Cell): number {
  const order = costs
    .map((cost, k) => ({ cost, k }))
    .filter(({ cost }) => isThere(cost))
    .sort((a, b) => size(a.cost) - size(b.cost) || a.k - b.k);
  return order[Math.floor((order.length - 1) / 2)]?.k ?? 0;
}

/** The settings of a cell, by their names. */
export function settingsOf({ axes }: SweepMap, place: Place): Partial<Record<AxisName, Value>> {
  return Object.fromEntries(axes.map(({ name, values }, i) => [name, values[place[i] ?? 0]]));
}

/** How many cells are there in which at least half of the seeds succeed. */
export function learningCells({ cells, below }: SweepMap): number {
  return [...cells.values()].filter((one) => tally(one, below).share >= 0.5).length;
}

export type Sweep = ReturnType<typeof makeSweep>;

export function makeSweep(
  connection: Connection,
  page: {
    setup: ReadonlySignal<Setup>;
    /** Train a cell's network to a step, from its beginning. */
    open(setup: Setup, steps: number): void;
  },
) {
  const given = signal<string | null>(null); // the choice of the address
  const chosen = signal<Choice | null>(null);
  const map = signal<SweepMap | null>(null);
  const past = signal<readonly SweepMap[]>([]); // the maps that were zoomed into
  const opened = signal<{ place: Place; seed: number } | null>(null); // the network on the screen
  const first = computed(
    () => parseMap(given.value, page.setup.value) ?? firstChoice(page.setup.value),
  );
  const choice = computed(() => chosen.value ?? first.value);
  const isRunning = computed(() => ["waiting", "running"].includes(map.value?.state ?? ""));
  let asked = 0;
  let until = 0; // the step to which the opened cell's network trains

  function change(part: Partial<SweepMap>): void {
    if (map.peek()) map.value = { ...(map.peek() as SweepMap), ...part };
  }

  function begin(base: Setup, axes: ReturnType<typeof axesOf>, seeds: number, steps: number) {
    asked += 1;
    batch(() => {
      opened.value = null;
      map.value = {
        base,
        axes: [],
        seeds: [],
        steps,
        moments: [],
        below: 0,
        tested: false,
        cells: new Map(),
        state: "waiting",
        share: 0,
        zoom: null,
      };
    });
    connection.send({ type: "sweep", asked, setup: base, axes, seeds, steps });
  }

  connection.on("msg:custom", (message: Message) => {
    if (message.type === "sweep_cell") page.open(message.setup as Setup, until);
    const now = map.peek();
    if (!now || !isRunning.peek()) return;
    const isOurs = message.sweep === asked;
    if (message.type === "welcome" || (message.type === "error" && isOurs))
      change({ state: "stopped" });
    if (message.type !== "sweep" || !isOurs) return;
    const { type: _type, sweep: _asked, cells: news = [], ...told } = message;
    const cells = new Map(now.cells);
    for (const { at, ...cell } of news as (Cell & { at: Place })[]) cells.set(placeKey(at), cell);
    change({ ...(told as Partial<SweepMap>), cells });
  });

  return {
    choice,
    map,
    past,
    opened,
    isRunning,
    /** Choose what an address says. */
    follow(address: string): void {
      batch(() => {
        given.value = address;
        chosen.value = null;
      });
    },
    choose(part: Partial<Choice>): void {
      chosen.value = { ...choice.peek(), ...part };
    },
    /** Draw what is chosen, of a set-up. */
    draw(base: Setup): void {
      past.value = [];
      chosen.value = choice.peek(); // whatever cell's set-up is on the screen next
      begin(base, axesOf(choice.peek()), choice.peek().seeds, choice.peek().steps);
    },
    stop(): void {
      connection.send({ type: "stop_sweep" });
      change({ state: "stopped" });
    },
    /** Look closer at the border. */
    zoom(): void {
      const now = map.peek();
      if (!now?.zoom) return;
      past.value = [...past.peek(), now];
      const rates = now.zoom.find(({ name }) => name === "learning_rate")?.values as number[];
      chosen.value = { ...choice.peek(), rates: rangeOf(rates) };
      begin(now.base, now.zoom, now.seeds.length, now.steps);
    },
    /** Return from a closer look. */
    back(): void {
      const before = past.peek().at(-1);
      if (!before) return;
      if (isRunning.peek()) connection.send({ type: "stop_sweep" });
      asked += 1; // what still comes of it is not this map's
      batch(() => {
        past.value = past.peek().slice(0, -1);
        map.value = before;
        opened.value = null;
        const rates = before.axes.find(({ name }) => name === "learning_rate")?.values as number[];
        if (rates) chosen.value = { ...choice.peek(), rates: rangeOf(rates) };
      });
    },
    /** Open a cell's network; without a seed, its typical one. */
    open(place: Place, seed?: number): void {
      const now = map.peek();
      const cell = now?.cells.get(placeKey(place));
      if (!now || !cell) return;
      const k = seed ?? typicalSeed(cell);
      opened.value = { place, seed: k };
      until = now.steps;
      connection.send({
        type: "sweep_cell",
        setup: now.base,
        settings: settingsOf(now, place),
        seed: now.seeds[k],
      });
    },
  };
}

const rangeOf = (rates: number[]): Range => ({
  low: rates[0] ?? RATES.low,
  high: rates.at(-1) ?? RATES.high,
  count: rates.length,
});
