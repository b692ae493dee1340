// A connection to recordings in place of a server: it answers with the messages that the real
// engine sent when `neurona site` recorded them. It computes nothing.

import { filled } from "../state/address";
import type { Setup } from "../state/setup";
import type { Connection, MessageListener } from "./connection";
import { decode, type Message } from "./encoding";
import type { LocalizedText } from "./messages";

/** A recording: the parts beside its head, and the set-up as the server wrote it. */
export interface RecordingEntry {
  name: string;
  setup: Setup;
  parts: string[];
}
/** Loads a part of a recording, which was gzipped, by its name. */
export type PartLoader = (recording: string, part: string) => Promise<ArrayBuffer>;

interface Recorded {
  message: Message;
  buffers: DataView[];
}

interface ArrayDescription {
  name: string;
  shape: number[];
}
interface Rows {
  array: ArrayDescription;
  view: DataView;
}

const BY_SNAPSHOT = ["history", "flows"];
const UNLIMITED = 1000; // steps a second: what was recorded has no faster engine
const TICK = 1000 / 60;
const MAX_WAITING = 2; // frames asked for ahead, as on the server

const NEEDS_ENGINE: LocalizedText = {
  en: "This page shows recordings of the real engine. For this you need it running: make play, in a copy of neurona.",
  es: "Esta página muestra grabaciones del motor real. Para esto hace falta tenerlo en marcha: make play, en una copia de neurona.",
};
const ENDS_HERE: LocalizedText = {
  en: "The recording ends here. To go on training: make play, in a copy of neurona.",
  es: "La grabación acaba aquí. Para seguir entrenando: make play, en una copia de neurona.",
};
const MISSING: LocalizedText = {
  en: "A part of this recording could not be loaded. Load the page again.",
  es: "No se ha podido cargar una parte de esta grabación. Carga la página de nuevo.",
};
const NOT_RECORDED: LocalizedText = {
  en: "The microscope was recorded at other steps or points; the nearest is shown.",
  es: "El microscopio se grabó en otros pasos o puntos; se muestra lo más cercano.",
};

/** Split the messages of a part. */
export function messagesOf(bytes: ArrayBuffer): Recorded[] {
  const lengths = new DataView(bytes);
  const messages: Recorded[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const length = lengths.getUint32(at, true);
    messages.push(decode(bytes.slice(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return messages;
}

/** The set-up as text that is equal for equal set-ups, whatever the order of its keys. */
export function setupKey(setup: unknown): string {
  return JSON.stringify(setup, (_, value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, one]) => one !== null && !(Array.isArray(one) && one.length === 0))
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : value,
  );
}

export class RecordedConnection implements Connection {
  private readonly listeners = new Set<MessageListener>();
  private readonly loaded = new Map<string, Promise<Recorded[]>>();
  private entry: RecordingEntry;
  private frames: Recorded[] = [];
  private run = 0; // a number for each recording that is begun
  private at = 0;
  private farthest = 0; // the history up to here is known
  private playing = false;
  private speed: number | null = null;
  private due = 0; // the step that playing has come to
  private timer: ReturnType<typeof setInterval> | undefined;
  private waiting = 0; // frames asked for
  private news = true;
  private answered: Promise<void> = Promise.resolve(); // the messages before

  constructor(
    private readonly catalog: RecordingEntry[],
    private readonly load: PartLoader,
  ) {
    const [first] = catalog;
    if (!first) throw new Error("the catalog of recordings is empty");
    this.entry = first;
  }

  on(_: "msg:custom", listener: MessageListener): void {
    this.listeners.add(listener);
  }

  off(_: "msg:custom", listener: MessageListener): void {
    this.listeners.delete(listener);
  }

  send(message: object): void {
    // In their order: "play" after a set-up plays what the set-up begins.
    this.answered = this.answered
      .then(() => this.answer(message as Message))
      .catch(() => this.refuse(MISSING));
  }

  private async answer(message: Message): Promise<void> {
    switch (message.type) {
      case "hello":
        return this.begin((await this.find(message.setup)) ?? this.entry, true);
      case "setup": {
        const next = await this.find(message.setup);
        if (next) return this.begin(next, false, message.asked);
        await this.tellRun(message.asked);
        return this.refuse(NEEDS_ENGINE);
      }
      case "frame":
        this.waiting = Math.min(MAX_WAITING, this.waiting + 1);
        return this.tellFrame();
      case "play":
        return this.play();
      case "pause":
        return this.stop();
      case "step":
        this.stop();
        return this.at + 1 < this.steps.length ? this.show(this.at + 1) : this.refuse(ENDS_HERE);
      case "reset":
        this.stop();
        this.farthest = 0;
        return this.show(0);
      case "seek":
        this.stop();
        return this.show(Number(message.index));
      case "speed":
        this.speed = message.steps_per_second as number | null;
        return;
      case "microscope":
        return this.dissect(message);
      case "class": {
        const long = location.href.replace(/#.*/, "") + message.fragment;
        return this.emit({ message: { type: "class", kept: false, long }, buffers: [] });
      }
      case "download":
        return this.refuse(NEEDS_ENGINE, "download");
      default:
        if (!this.entry.parts.includes(message.type)) return this.refuse(NEEDS_ENGINE);
        for (const one of await this.part(message.type)) this.emit(one, { run: this.run });
    }
  }

  /** The recording of a set-up, whole or its differences from the defaults; null without one. */
  private async find(setup: unknown): Promise<RecordingEntry | null> {
    if (!setup) return null;
    const [welcome] = await this.part("head");
    const key = setupKey(filled(setup, welcome?.message.defaults as Setup));
    return this.catalog.find((one) => setupKey(one.setup) === key) ?? null;
  }

  private async begin(entry: RecordingEntry, greet: boolean, asked?: unknown): Promise<void> {
    this.stop();
    this.entry = entry;
    this.run += 1;
    const head = await this.part("head");
    if (this.entry !== entry) return; // another was chosen meanwhile
    const [welcome, , first] = head;
    this.frames = first ? [first] : [];
    this.at = this.farthest = 0;
    this.news = true;
    if (greet && welcome) this.emit(welcome, { examples: this.recorded(welcome.message.examples) });
    await this.tellRun(asked);
    this.tellFrame();
    void this.part("frames").then(
      (frames) => {
        if (this.entry === entry) this.frames = frames;
      },
      () => this.refuse(MISSING),
    );
  }

  /** The examples that there are recordings of. */
  private recorded(examples: unknown): object {
    const named = Object.entries((examples ?? {}) as Record<string, Setup>);
    return Object.fromEntries(
      named.filter(([name]) => this.catalog.some((one) => one.name === name)),
    );
  }

  private async tellRun(asked?: unknown): Promise<void> {
    const [, run] = await this.part("head");
    if (run) this.emit(run, { run: this.run, asked: asked ?? null });
  }

  private part(name: string): Promise<Recorded[]> {
    const key = `${this.entry.name}/${name}`;
    let part = this.loaded.get(key);
    if (!part) {
      part = this.load(this.entry.name, name).then(messagesOf);
      this.loaded.set(key, part);
    }
    return part;
  }

  /** The recorded steps, from the history that the first frame brings. */
  private get steps(): number[] {
    const history = this.rows.find(({ array }) => array.name === "history");
    if (!history) return [0];
    const [count = 0, columns = 0] = history.array.shape;
    return Array.from({ length: count }, (_, i) => history.view.getFloat32(4 * columns * i, true));
  }

  /** The first frame's arrays of one row a snapshot: the cost's history, and the flow's. */
  private get rows(): Rows[] {
    const first = this.frames[0];
    const arrays = (first?.message.arrays ?? []) as ArrayDescription[];
    return arrays.flatMap((array, i) => {
      const view = first?.buffers[i];
      return view && BY_SNAPSHOT.includes(array.name) ? [{ array, view }] : [];
    });
  }

  private async play(): Promise<void> {
    await this.part("frames");
    const last = this.steps.length - 1;
    if (this.at >= last) return this.refuse(ENDS_HERE);
    this.stop();
    this.playing = true;
    this.due = this.steps[this.at] ?? 0;
    let before = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      this.due += ((now - before) / 1000) * (this.speed ?? UNLIMITED);
      before = now;
      const steps = this.steps;
      let next = this.at;
      while (next < last && (steps[next + 1] ?? 0) <= this.due) next += 1;
      if (next === last) this.stop();
      if (next !== this.at) this.show(next);
    }, TICK);
    this.changed();
  }

  private stop(): void {
    clearInterval(this.timer);
    if (!this.playing) return;
    this.playing = false;
    this.changed();
  }

  private show(index: number): void {
    this.at = Math.max(0, Math.min(this.frames.length - 1, index));
    this.farthest = Math.max(this.farthest, this.at);
    this.changed();
  }

  private changed(): void {
    this.news = true;
    this.tellFrame();
  }

  private tellFrame(): void {
    const frame = this.frames[this.at];
    if (!this.waiting || !this.news || !frame) return;
    this.waiting -= 1;
    this.news = false;
    const kept = this.farthest + 1;
    const all = frame.message.arrays as ArrayDescription[];
    const own = all.flatMap((array, i) =>
      BY_SNAPSHOT.includes(array.name) ? [] : [{ array, view: frame.buffers[i] as DataView }],
    );
    const known = this.rows.map(({ array, view }) => {
      const [count = 1, ...row] = array.shape;
      const bytes = (view.byteLength / count) * kept;
      return {
        array: { ...array, shape: [kept, ...row] },
        view: new DataView(view.buffer, view.byteOffset, bytes),
      };
    });
    const arrays = [...own, ...known].map(({ array }) => array);
    const buffers = [...own, ...known].map(({ view }) => view);
    this.emit(
      { message: frame.message, buffers },
      {
        arrays,
        run: this.run,
        at: this.at,
        snapshots: kept,
        playing: this.playing,
        steps_per_second: this.playing ? (this.speed ?? UNLIMITED) : 0,
      },
    );
  }

  private async dissect({ point, layer, unit }: Message): Promise<void> {
    if (!this.entry.parts.includes("microscope")) return this.refuse(NEEDS_ENGINE);
    const all = await this.part("microscope");
    const wholes = all.filter(({ message }) => "lesson" in message);
    const far = ({ message }: Recorded) =>
      Math.abs(Number(message.at) - this.at) + (message.point === point ? 0 : 1000);
    const [nearest] = wholes.sort((a, b) => far(a) - far(b));
    if (!nearest) return;
    if (far(nearest)) this.refuse(NOT_RECORDED);
    const own = all.find(
      ({ message }) =>
        message.at === nearest.message.at &&
        message.point === nearest.message.point &&
        message.layer === layer &&
        message.unit === unit,
    );
    if (own) this.emit(merged(nearest, own), { run: this.run });
  }

  private refuse(message: LocalizedText, code = "recorded"): void {
    this.emit({ message: { type: "error", code, message }, buffers: [] });
  }

  private emit({ message, buffers }: Recorded, more: object = {}): void {
    for (const listener of this.listeners) listener({ ...message, ...more }, buffers);
  }
}

/** A whole step with what is one neuron's own in the place of another's. */
function merged(whole: Recorded, own: Recorded): Recorded {
  if (whole === own) return whole;
  type Named = { name: string }[];
  const [before, after] = [whole.message.arrays as Named, own.message.arrays as Named];
  const others = before.map((one, i) => [one, whole.buffers[i]] as const);
  const kept = others.filter(([{ name }]) => !after.some((one) => one.name === name));
  return {
    message: {
      ...whole.message,
      ...own.message,
      arrays: [...kept.map(([one]) => one), ...after],
    },
    buffers: [...kept.map(([, view]) => view as DataView), ...own.buffers],
  };
}
