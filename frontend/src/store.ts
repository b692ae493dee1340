// What the page knows: signals that the parts of the view read, and the talk that fills them.

import { batch, computed, effect, signal } from "@preact/signals";
import { type Language, TEXTS, type Texts } from "./i18n";
import { makeMicroscope } from "./microscope";
import type { Model } from "./model";
import type { Place } from "./place";
import { makePulse } from "./pulse";
import { isReady, READY } from "./ready";
import { beginning, FIRST, fitting, fromHash, type Setup, toHash } from "./setup";
import { MOST_BYTES, makeTable } from "./table";
import { makeTaker } from "./take";
import { arraysOf, type Content, type Numbers } from "./wire";

export interface Run {
  run: number;
  setup: Setup;
  topology: number[];
  outputs: number;
  classes: number;
  parameters: number;
  extent: [number, number, number, number];
  output_activation: string;
  points: Float32Array;
  labels: Float32Array;
  test: Uint8Array;
}
export interface Frame {
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
  moments: number;
  diverged: { layer: number; rate: number; suggested_rate: number } | null;
  arrays: Record<string, Numbers>;
}
export interface Catalog {
  activations: string[];
  optimizers: string[];
  costs: string[];
  initializers: string[];
  inputs: string[];
  kinds: string[];
}
export interface Problem {
  en: string;
  es: string;
}
export type Chosen =
  | { kind: "neuron"; layer: number; index: number; pinned: boolean }
  | { kind: "weight"; layer: number; row: number; column: number };
type Theme = "auto" | "light" | "dark";

const SURFACE = 100;
const NEURONS = 34; // every third point of the surface
const READING = 100; // milliseconds: nobody reads numbers that change faster

function kept<T extends string>(place: Place, name: string, known: readonly T[], otherwise: T): T {
  if (!place.own) return otherwise;
  try {
    const value = localStorage.getItem(`neurona.${name}`) as T | null;
    return value && known.includes(value) ? value : otherwise;
  } catch {
    return otherwise; // a page may be forbidden to keep things
  }
}

export type Store = ReturnType<typeof makeStore>;

export function makeStore(model: Model, place: Place) {
  // A notebook's address is not the view's, and a link to it would lead to another kernel.
  const address = place.own ? fromHash(location.hash) : fromHash("#hide=link");
  const spanish = navigator.language.startsWith("es");
  const language = signal<Language>(kept(place, "language", ["en", "es"], spanish ? "es" : "en"));
  const theme = signal<Theme>(kept(place, "theme", ["auto", "light", "dark"], "auto"));
  const dark = signal(false);
  const ends = [
    place.watch((is) => {
      dark.value = is;
    }),
  ];
  // What the pictures, whose pixels no style sheet reaches, are painted anew for.
  const shade = computed(() =>
    theme.value === "auto" ? (dark.value ? "dark" : "light") : theme.value,
  );
  const setup = signal<Setup>(FIRST);
  // What the address holds may be anything: the server looks at it, and until it has answered with a
  // run the page shows its own first set-up.
  let changes = 0; // of the set-up that were asked for here
  let wanted: unknown =
    address.setup ?? (isReady(address.challenge) ? READY[address.challenge] : null);
  const run = signal<Run | null>(null);
  // Every picture, for the canvases; and what can be read of it, for numbers, meters and curves.
  const picture = signal<Frame | null>(null);
  const frame = signal<Frame | null>(null);
  const history = signal<Float32Array>(new Float32Array());
  const catalog = signal<Catalog | null>(null);
  const problem = signal<Problem | null>(null);
  const online = signal(true);
  const said = signal(""); // for who does not see the page
  const chosen = signal<Chosen | null>(null);
  const stepped = signal(false);
  const logarithmic = signal(true);
  const label = signal(0);
  const challenge = signal(address.challenge);
  const speed = signal<number | null>(null); // steps a second; null is as fast as it goes
  // Whoever listens through this line stops when the view is taken away.
  const line: Model = {
    send: (content) => model.send(content),
    on(event, listener) {
      model.on(event, listener);
      ends.push(() => model.off(event, listener));
    },
    off: (event, listener) => model.off(event, listener),
  };
  const microscope = makeMicroscope(line, { run, frame, chosen });
  const text = computed<Texts>(() => TEXTS[language.value]);

  const table = makeTable(line, (file) => {
    problem.value = tooBig(file);
  });

  ends.push(
    effect(() => {
      keep(place, "language", language.value);
      place.root.lang = language.value;
    }),
  );
  ends.push(
    effect(() => {
      keep(place, "theme", theme.value);
      place.root.dataset.theme = shade.value;
    }),
  );

  const pulse = makePulse(
    () => model.send({ type: "frame", resolution: SURFACE, neurons: NEURONS }),
    show,
  );

  const pace = () => model.send({ type: "speed", steps_per_second: speed.value });

  function hear(content: Content, buffers: DataView[]): void {
    const arrays = arraysOf(content, buffers);
    if (content.type === "welcome") {
      catalog.value = content.catalog as Catalog;
      pulse.lost();
      if (speed.value !== null) pace(); // a new training knows nothing of what was chosen before
    }
    table.hear(content);
    if (content.type === "table") problem.value = null; // what an earlier one was refused for
    if (content.type === "error") problem.value = content.message as Problem;
    if (content.type === "run") {
      batch(() => {
        const next = { ...content, ...arrays } as unknown as Run;
        if (next.run !== run.value?.run) chosen.value = null;
        // Another network's numbers would be read as this one's until its first frame is here.
        const old = picture.value;
        if (old && String(next.topology) !== String(run.value?.topology)) {
          picture.value = frame.value = { ...old, arrays: {} };
        }
        run.value = next;
        // An answer to what was asked before the last change would take that change back.
        const asked = content.asked;
        if (typeof asked === "number" && asked < changes) return;
        setup.value = next.setup;
        wanted = next.setup;
      });
      pulse.soon();
    }
    if (content.type === "frame") {
      if (arrays.history) rows = arrays.history as Float32Array;
      received = { ...content, arrays } as unknown as Frame;
      pulse.came();
    }
  }

  let rows = history.value;
  let received: Frame | null = null;
  let read = 0; // when numbers were shown last

  /** Show what came last. */
  function show(): void {
    const next = received;
    received = null;
    if (!next) return;
    batch(() => {
      picture.value = next;
      const before = frame.value;
      const now = performance.now();
      if (now - read < READING && next.playing && before?.playing && before.arrays.surface) return;
      read = now;
      frame.value = next;
      history.value = rows;
    });
  }
  line.on("msg:custom", hear);
  const taker = makeTaker(line);
  const follow = () => {
    const there = fromHash(location.hash);
    const given = there.setup;
    if (given === null) return;
    challenge.value = there.challenge;
    // While the line is open the server's run says what is kept: a link may hold anything.
    if (!online.value) wanted = given;
    problem.value = null;
    model.send({ type: "setup", setup: given });
  };
  if (place.own) {
    addEventListener("hashchange", follow);
    ends.push(() => removeEventListener("hashchange", follow));
  }

  return {
    language,
    theme,
    shade,
    setup,
    run,
    picture,
    frame,
    history,
    catalog,
    problem,
    online,
    said,
    chosen,
    stepped,
    logarithmic,
    label,
    speed,
    text,
    table,
    microscope,
    challenge,
    place,
    hidden: address.hidden,
    hello: () => model.send({ type: "hello", setup: wanted }),
    line(open: boolean): void {
      online.value = open;
      if (!open) taker.lost();
      if (open) model.send({ type: "hello", setup: wanted });
    },
    send: (type: string, more: object = {}) => model.send({ type, ...more }),
    /** Change the set-up here at once, and let the server answer with a run, or with what is wrong. */
    change(changed: Setup): void {
      const next = fitting(changed, setup.value);
      problem.value = null;
      setup.value = next;
      wanted = next;
      changes += 1;
      model.send({ type: "setup", setup: next, asked: changes });
    },
    setSpeed(next: number | null): void {
      speed.value = next;
      pace();
    },
    take: taker.take,
    link: (weights: ArrayLike<number> | null, frozen?: ArrayLike<number>) =>
      location.href.replace(/#.*/, "") +
      toHash(beginning(setup.value, weights, frozen), address.hidden, challenge.value),
    end(): void {
      pulse.end();
      for (const one of ends) one();
    },
  };
}

function tooBig(file: File): Problem {
  const kilobytes = (bytes: number) => String(Math.round(bytes / 1000));
  const said = (text: string) =>
    text
      .replace("{name}", file.name)
      .replace("{size}", kilobytes(file.size))
      .replace("{most}", kilobytes(MOST_BYTES));
  return { en: said(TEXTS.en.too_big), es: said(TEXTS.es.too_big) };
}

function keep(place: Place, name: string, value: string): void {
  if (!place.own) return;
  try {
    localStorage.setItem(`neurona.${name}`, value);
  } catch {
    // then it is not kept
  }
}
