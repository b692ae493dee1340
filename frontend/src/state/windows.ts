// The microscope on images and series: one number of a map, the window that it comes from, and the
// filter; or one step of a recurrence.

import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import type { Connection } from "../server/connection";
import type { Message } from "../server/encoding";
import type { Frame, NumberApart, Run, Term } from "../server/messages";
import { type Channel, channelsOf, type Images, overTime, sidesOf } from "./images";
import type { Tool } from "./tools";

/** Where a weight stands: the array's name, and its place in it. */
export interface Parameter {
  name: string;
  place: number[];
}

const PLAYING_INTERVAL = 250; // milliseconds between requests while the training plays

export type Windows = ReturnType<typeof makeWindows>;

export function makeWindows(
  connection: Connection,
  page: {
    run: Signal<Run | null>;
    frame: Signal<Frame | null>;
    tool: Signal<Tool | null>;
    images: Images;
  },
) {
  const { run, frame, tool, images } = page;
  const channel = signal<Channel | null>(null);
  const place = signal<[number, number]>([0, 0]); // row and column in the map; the step is a column
  const number = signal<NumberApart | null>(null);
  const weight = signal<NumberApart | null>(null); // the derivative by one of its weights
  const chosen = signal<Parameter | null>(null); // which weight
  const open = computed(() => tool.value === "microscope" && images.layers.value.length > 0);
  const layer = computed(() => images.layers.value[channel.value?.layer ?? 1] ?? null);

  let waiting = 0; // responses on their way
  let again = false; // something has changed since the request
  let asked = 0;

  function request(): void {
    const [its, which] = [layer.peek(), channel.peek()];
    if (!its || !which) return;
    if (waiting > 0) {
      again = true;
      return;
    }
    if (frame.peek()?.playing && Date.now() - asked < PLAYING_INTERVAL) return;
    asked = Date.now();
    again = false;
    const where = { type: "window", layer: its.place };
    const [row, column] = place.peek();
    const at = [row, column].slice(3 - its.shape.length);
    waiting = 1;
    connection.send({ ...where, place: [...at, which.channel] });
    const by = chosen.peek();
    if (!by) return;
    waiting = 2;
    connection.send({ ...where, what: "weight", ...by });
  }

  connection.on("msg:custom", (message: Message) => {
    if (message.type === "window") {
      const apart = message as unknown as NumberApart;
      if (apart.what === "number") number.value = apart;
      else if (chosen.peek()) weight.value = apart;
      waiting -= 1;
    } else if (message.type === "welcome") waiting = 0;
    else if (message.type === "error") waiting = Math.max(0, waiting - 1);
    else return;
    if (again && waiting <= 0 && open.peek()) request();
  });

  // It opens on the first convolution's first map, in the middle; another network has other maps.
  let shape = "";
  effect(() => {
    const key = JSON.stringify(images.layers.value.map((one) => [one.kind, one.shape]));
    if (!open.value && key === shape) return;
    batch(() => {
      if (key !== shape || !channel.peek()) select({ layer: 1, channel: 0 });
      shape = key;
    });
  });
  // It opens on a training that stands, as the other microscope does.
  effect(() => {
    if (!open.value || !frame.value || !run.value) return;
    void [channel.value, place.value, chosen.value, images.maps.value];
    request();
  });

  function select(next: Channel): void {
    const its = images.layers.peek()[next.layer];
    if (!its) return;
    const [height, width] = sidesOf(its);
    const [row, column] = place.peek();
    batch(() => {
      // All layers of a series share its steps.
      const same = channel.peek()?.layer === next.layer || overTime(its);
      channel.value = { ...next, channel: Math.min(next.channel, channelsOf(its) - 1) };
      if (same) place.value = [Math.min(row, height - 1), Math.min(column, width - 1)];
      else if (its.shape.length === 3)
        place.value = [Math.floor(height / 2), Math.floor(width / 2)];
      number.value = weight.value = chosen.value = null;
    });
  }

  return {
    open,
    channel,
    place,
    number,
    weight,
    chosen,
    layer,
    select,
    /** Open the microscope on a map. */
    show(next: Channel): void {
      batch(() => {
        select(next);
        tool.value = "microscope";
      });
    },
    at(row: number, column: number): void {
      place.value = [row, column];
    },
    /** Move to the next window; at an edge it goes on in the next row. A series has steps from left
     * to right, and units from top to bottom. */
    move(down: number, right: number): void {
      const [its, which] = [layer.peek(), channel.peek()];
      if (!its || !which) return;
      if (down && overTime(its)) {
        if (which.channel + down >= 0) select({ ...which, channel: which.channel + down });
        return;
      }
      const [height, width] = sidesOf(its);
      const [row, column] = place.peek();
      const next = (row + down) * width + column + right;
      if (next < 0 || next >= height * width) return;
      place.value = [Math.floor(next / width), next % width];
    },
    /** Ask for the derivative by one weight; null puts it away. */
    by(parameter: Parameter | null): void {
      batch(() => {
        chosen.value = parameter;
        weight.value = null;
      });
    },
  };
}

/** The terms of one channel of a layer's input, row by row; and the bias last of all. */
export interface Window {
  channel: number;
  rows: Term[][];
  sum: number;
}

/** The windows of a convolution or a pooling: one for each channel that it reads. */
export function windowsOf(apart: NumberApart): Window[] {
  const windowed = apart.terms.filter(
    ({ parameter, x }) => parameter?.length === 4 || (!parameter && x),
  );
  const found = new Map<number, Term[]>();
  for (const one of windowed) {
    const channel = one.parameter?.[2] ?? one.x?.[2] ?? 0;
    found.set(channel, [...(found.get(channel) ?? []), one]);
  }
  return [...found].map(([channel, terms]) => {
    const width = widthOf(terms);
    const rows = Array.from({ length: Math.ceil(terms.length / width) }, (_, i) =>
      terms.slice(i * width, (i + 1) * width),
    );
    return { channel, rows, sum: terms.reduce((sum, one) => sum + (one.product ?? 0), 0) };
  });
}

/** How many terms stand in a row of a window. */
function widthOf(terms: Term[]): number {
  const columns = terms.map(
    ({ parameter, x }) => (parameter?.length === 4 ? parameter[1] : x?.[1]) ?? 0,
  );
  return new Set(columns).size || 1;
}

/** The bias of a sum, or null. */
export const biasOf = ({ terms }: NumberApart): number | null =>
  terms.find(({ x, parameter }) => x === null && parameter?.length === 1)?.right ?? null;

/** On each map that a window lies on: its top, left, bottom and right, in numbers of the map. */
export function boundsOf({ terms, kind }: NumberApart): [number, number[]][] {
  const found = new Map<number, number[]>();
  for (const { x } of kind === "Dense" ? [] : terms) {
    if (x?.length !== 3) continue;
    const [row = 0, column = 0, channel = 0] = x;
    const [top = row, left = column, bottom = 0, right = 0] = found.get(channel) ?? [];
    found.set(channel, [
      Math.min(top, row),
      Math.min(left, column),
      Math.max(bottom, row + 1),
      Math.max(right, column + 1),
    ]);
  }
  return [...found];
}
