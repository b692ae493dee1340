// The page's state: signals that components read, and the messages that update them.

import { batch, computed, effect, signal } from "@preact/signals";
import type { Host } from "../host";
import { fill, type Language, TEXTS, type Texts } from "../i18n";
import { writeNumber } from "../i18n/numbers";
import type { Connection, ConnectionStatus } from "../server/connection";
import { makeDownloads } from "../server/downloads";
import { arraysOf, type Message } from "../server/encoding";
import { makeFramePacing } from "../server/frame-pacing";
import type { Frame, Limits, LocalizedText, Run } from "../server/messages";
import { type Address, formatHash, parseHash } from "./address";
import { makeBugLab } from "./bugs";
import { GOALS } from "./challenges";
import { makeClassroom } from "./classroom";
import { makeCsvTable } from "./csv-table";
import { makeDoctor, type Trial } from "./doctor";
import { makeHints } from "./hints";
import { makeImages } from "./images";
import { makeMicroscope } from "./microscope";
import { lastStep } from "./moments";
import { makePictureRate } from "./picture-rate";
import { makeRuns } from "./runs";
import type { DiagramSelection } from "./selection";
import { type Setup, withInitialWeights, withoutStaleWeights } from "./setup";
import { makeAddressKeeper, tabStorage } from "./staying";
import { formatMap, makeSweep, parseMap } from "./sweep";
import { awayParts, type Tool } from "./tools";
import { makeTour } from "./tour";
import { makeWindows } from "./windows";

type Theme = "auto" | "light" | "dark";

/** One line about what a change has done. */
export interface Notice {
  says(text: Texts): string;
  undo?: () => void;
}

const SURFACE_RESOLUTION = 100;
const NEURON_RESOLUTION = 34; // every third point of the surface
// A picture shows the plane; the network and all numbers, which change too fast to be followed, come
// with fewer. A page that gets few pictures, perhaps one of a class, asks for less.
const NETWORK_INTERVAL = { easy: 65, strained: 450 }; // milliseconds between two networks
const FIRST_SPEED = 50; // steps per second: learning can be watched
const CURE_SECONDS = 5;
const READABLE_INTERVAL = 100; // and two numbers, at least
const CURVES_INTERVAL = { easy: 250, strained: 1000 }; // and two drawings of what was so far

function storedChoice<T extends string>(
  host: Host,
  name: string,
  known: readonly T[],
  otherwise: T,
): T {
  if (!host.ownsPage) return otherwise;
  try {
    const value = localStorage.getItem(`neurona.${name}`) as T | null;
    return value && known.includes(value) ? value : otherwise;
  } catch {
    return otherwise; // storage may be disabled
  }
}

export type Store = ReturnType<typeof makeStore>;

export function makeStore(connection: Connection, host: Host) {
  // In a notebook a link would lead to another kernel.
  const address = host.ownsPage ? parseHash(location.hash) : parseHash("#hide=link,class,sweep");
  const spanish = navigator.language.startsWith("es");
  const language = signal<Language>(
    storedChoice(host, "language", ["en", "es"], spanish ? "es" : "en"),
  );
  const theme = signal<Theme>(storedChoice(host, "theme", ["auto", "light", "dark"], "auto"));
  const dark = signal(false);
  const cleanups = [
    host.watchDarkness((is) => {
      dark.value = is;
    }),
  ];
  // Canvases repaint when it changes: no style sheet reaches their pixels.
  const resolvedTheme = computed(() =>
    theme.value === "auto" ? (dark.value ? "dark" : "light") : theme.value,
  );
  // The server's limits and defaults, and the set-up of its run: no component reads them earlier.
  const limits = signal<Limits>(undefined as never);
  const defaults = signal<Setup>(undefined as never);
  const examples = signal<Record<string, Setup>>({}); // ready-made set-ups
  const setup = signal<Setup>(undefined as never);
  // An address may hold anything: the server validates it.
  let changes = 0; // of the set-up, requested here
  let cure = -1; // the last of them that tries a cure
  let wanted: unknown = address.setup;
  const run = signal<Run | null>(null);
  // Every frame, for canvases; and fewer of them, for numbers, meters and curves.
  const liveFrame = signal<Frame | null>(null);
  const frame = signal<Frame | null>(null);
  const history = signal<Float32Array>(new Float32Array());
  const flows = signal<Float32Array>(new Float32Array());
  const runs = makeRuns(run);
  const error = signal<LocalizedText | null>(null);
  const stopped = signal<LocalizedText | null>(null); // until a training process answers again
  const online = signal(true);
  const announcement = signal(""); // for screen readers
  const selection = signal<DiagramSelection | null>(null);
  const hovered = signal<{ layer: number; index: number } | null>(null); // in the diagram
  const stepped = signal(false);
  const logarithmic = signal(true);
  const pointClass = signal(0);
  const challenge = signal(address.challenge);
  const goal = signal(address.goal);
  // Why the server takes this page not in; null where it does.
  const refusal = signal<LocalizedText | null>(null);
  const pointTool = signal<"draw" | "erase">("draw");
  const kept = { session: tabStorage(host, "session"), speed: tabStorage(host, "speed") };
  // Steps per second; null is unlimited. In a notebook the kernel decides.
  const speed = signal<number | null>(host.ownsPage ? readSpeed(kept.speed.read()) : null);
  const tool = signal<Tool | null>(null); // in the right column
  const hints = makeHints(host.ownsPage);
  const notice = signal<Notice | null>(null);
  const ownRates = signal(false); // whether the layers' own rates can be set
  const layersListed = signal(false); // whether their columns are too narrow for controls
  // Listeners added through it are removed with the view.
  const scoped: Connection = {
    send: (message) => connection.send(message),
    on(event, listener) {
      connection.on(event, listener);
      cleanups.push(() => connection.off(event, listener));
    },
    off: (event, listener) => connection.off(event, listener),
  };
  const images = makeImages(scoped, { run, liveFrame });
  const windows = makeWindows(scoped, { run, frame, tool, images });
  const microscope = makeMicroscope(scoped, { run, frame, selection, tool });
  const bugs = makeBugLab(scoped, { run, tool });
  const doctor = makeDoctor(scoped, run);
  const sweep = makeSweep(scoped, {
    setup,
    open(cell, steps) {
      changeSetup(cell, { fresh: true });
      setSpeed(null);
      connection.send({ type: "play", until: steps });
    },
  });
  const isDamaged = ({ damaged, map }: Address) =>
    damaged || (map !== null && parseMap(map, defaults.value) === null);
  const followMap = (map: string | null) => {
    if (map === null || address.hidden.includes("sweep")) return;
    sweep.follow(map);
    tool.value = "sweep";
  };
  followMap(address.map);
  const tour = makeTour({
    frame,
    openExample,
    setSpeed,
    send: (type) => connection.send({ type }),
  });
  cleanups.push(tour.dispose);
  const text = computed<Texts>(() => TEXTS[language.value]);
  /** A number as the language writes it; a dash where there is none. */
  const write = (value: number | null | undefined, digits?: number) =>
    value === null || value === undefined ? "–" : writeNumber(value, language.value, digits);

  const table = makeCsvTable(scoped, limits, (file) => {
    error.value = fileTooLarge(file, limits.value.table.most);
  });

  // A callout that has been followed goes away.
  const trains = computed(() => frame.value?.playing ?? false);
  cleanups.push(
    effect(() => {
      if (trains.value) hints.dismiss("train");
      if (selection.value) hints.dismiss("network");
    }),
  );
  cleanups.push(
    effect(() => {
      storeChoice(host, "language", language.value);
      host.root.lang = language.value;
    }),
  );
  cleanups.push(
    effect(() => {
      storeChoice(host, "theme", theme.value);
      host.root.dataset.theme = resolvedTheme.value;
    }),
  );

  const rate = makePictureRate();
  const strain = () => (rate.isStrained() ? "strained" : "easy");
  let networkAt = Number.NEGATIVE_INFINITY; // when one was last asked for

  /** Count a picture, and say why there are few. */
  function count(next: Frame): void {
    const few = rate.count(next, speed.peek());
    if (few === null) return;
    const [pages, n] = [String(next.pages), write(few, 2)];
    notice.value = {
      says: ({ classroom: t, drawings }) =>
        (next.pages ?? 1) < 2
          ? fill(drawings.slow, { n })
          : fill(n === "1" ? t.crowded_once : t.crowded, { pages, pictures: n }),
    };
  }

  const pacing = makeFramePacing(() => {
    const now = performance.now();
    const network = now - networkAt >= NETWORK_INTERVAL[strain()];
    if (network) networkAt = now;
    connection.send({
      type: "frame",
      resolution: SURFACE_RESOLUTION,
      neurons: NEURON_RESOLUTION,
      network,
      coarse: strain() === "strained",
    });
  }, show);

  let resumed: string | null = null; // the key with which the page asked for its training
  let greeted = false; // whether this page has had a training before
  let toOpen: string | null = null; // the example of a challenge
  function hello(): void {
    resumed = kept.session.read();
    connection.send({ type: "hello", setup: wanted, resume: resumed, again: greeted });
    // Before any other message: a new training does not know it.
    if (speed.value !== null) sendSpeed();
  }

  const sendSpeed = () => connection.send({ type: "speed", steps_per_second: speed.value });

  function receive(message: Message, buffers: DataView[]): void {
    const arrays = arraysOf(message, buffers);
    if (message.type === "welcome") {
      limits.value = message.limits as Limits;
      defaults.value = message.defaults as Setup;
      examples.value = message.examples as Record<string, Setup>;
      refusal.value = null;
      if (typeof message.session === "string") kept.session.write(message.session);
      if (resumed && !message.joined) notice.value = { says: (t) => t.classroom.forgotten };
      if (isDamaged(address) && !greeted) error.value = damagedLink;
      // A link may name a challenge alone: its example is the server's.
      if (!greeted && !address.setup) toOpen = address.challenge;
      greeted = true;
      pacing.forget();
    }
    table.receive(message);
    if (message.type === "table") error.value = null; // of an earlier table
    if (message.type === "error" && message.code === "full") {
      refusal.value = message.message as LocalizedText;
    } else if (message.type === "error") {
      const isStopped = message.code === "stopped";
      stopped.value = isStopped ? (message.message as LocalizedText) : stopped.value;
      const why = message.message as LocalizedText;
      const cut = message.code === "mended" && error.peek() === damagedLink;
      error.value = isStopped ? null : cut ? both(damagedLink, why) : why;
    }
    if (message.type === "run") {
      stopped.value = null;
      batch(() => {
        const next = { ...message, ...arrays } as unknown as Run;
        if (next.run !== run.value?.run) {
          selection.value = hovered.value = null;
          runs.remember(run.value, rows, latest);
          rows = new Float32Array();
        }
        // The old network's numbers must not be read as the new one's before its first frame.
        const old = liveFrame.value;
        if (old && String(next.topology) !== String(run.value?.topology)) {
          liveFrame.value = frame.value = latest = { ...old, arrays: {} };
        }
        run.value = next;
        const away = awayParts(address.hidden, next.layers !== undefined);
        if (away.includes(tool.peek() ?? "")) tool.value = null;
        const why = message.why as LocalizedText | null | undefined;
        // The tour and the doctor say themselves what they begin; a notice would cover the curves
        // of a cure.
        const asked = message.asked;
        const told = tool.peek() === "tour" || tool.peek() === "doctor" || asked === cure;
        if (why && !told) {
          const undo = () => connection.send({ type: "undo" });
          notice.value = { says: () => why[language.value], undo };
        }
        // A response to an earlier request would undo the latest change.
        if (typeof asked === "number" && asked < changes) return;
        setup.value = next.setup;
        wanted = next.setup;
      });
      if (toOpen !== null) {
        const name = toOpen;
        toOpen = null;
        openExample(name);
      }
      networkAt = Number.NEGATIVE_INFINITY;
      pacing.schedule();
    }
    if (message.type === "frame") {
      if (arrays.history) {
        const next = arrays.history as Float32Array;
        // A history only grows, unless it begins anew.
        if (lastStep(next) < lastStep(rows)) runs.remember(run.value, rows, latest);
        rows = next;
        rowsOfFlow = arrays.flows as Float32Array;
      }
      // A picture without the network leaves the last one standing.
      const whole = arrays.parameters ? arrays : { ...latest?.arrays, ...arrays };
      received = latest = { ...message, arrays: whole } as unknown as Frame;
      pacing.received();
    }
  }

  let rows = history.value;
  let rowsOfFlow = flows.value;
  let received: Frame | null = null;
  let latest: Frame | null = null;
  let read = 0; // when numbers were last updated
  let plotted = 0; // when curves were

  /** Show the latest frame. */
  function show(): void {
    const next = received;
    received = null;
    if (!next) return;
    count(next);
    batch(() => {
      liveFrame.value = next;
      const before = frame.value;
      const now = performance.now();
      const goesOn = next.playing && before?.playing && before.arrays.surface;
      // Where only the plane changes, the browser paints nothing else.
      const alone = next.arrays.parameters === before?.arrays.parameters;
      if (goesOn && (alone || now - read < READABLE_INTERVAL)) return;
      read = now;
      frame.value = next;
      if (goesOn && now - plotted < CURVES_INTERVAL[strain()]) return;
      plotted = now;
      history.value = rows;
      flows.value = rowsOfFlow;
    });
  }
  scoped.on("msg:custom", receive);

  function setSpeed(next: number | null): void {
    speed.value = next;
    kept.speed.write(String(next ?? "full"));
    sendSpeed();
  }

  /** Change the set-up at once; the server responds with a run or an error. A fresh training begins
   * at step 0, even where only rates differ. */
  function changeSetup(changed: Setup, { fresh = false } = {}): void {
    const next = withoutStaleWeights(changed, setup.value);
    error.value = null;
    setup.value = next;
    wanted = next;
    changes += 1;
    connection.send({ type: "setup", setup: next, asked: changes, ...(fresh ? { fresh } : {}) });
  }

  /** Open a ready-made set-up, with a change in its training; a challenge has a goal, too. */
  function openExample(name: string, change: Partial<Setup["training"]> = {}): void {
    const example = examples.value[name];
    if (!example) return;
    challenge.value = GOALS[name] ? name : null;
    changeSetup({ ...example, training: { ...example.training, ...change } });
  }

  const downloads = makeDownloads(scoped);
  const followAddress = () => {
    const there = parseHash(location.hash);
    const given = there.setup ?? {};
    keeper.followed();
    challenge.value = there.challenge;
    goal.value = there.goal;
    followMap(there.map);
    // While connected, the server's run decides: a link may hold anything.
    if (!online.value) wanted = given;
    error.value = isDamaged(there) ? damagedLink : null;
    connection.send({ type: "setup", setup: given, address: true });
  };
  const fragment = (chosen: Setup, more: Partial<Parameters<typeof formatHash>[0]> = {}) =>
    formatHash(
      {
        setup: chosen,
        hidden: address.hidden,
        challenge: challenge.value,
        goal: goal.value,
        large: address.large,
        map: tool.peek() === "sweep" ? formatMap(sweep.choice.peek()) : null,
        ...more,
      },
      defaults.value,
    );
  const keeper = makeAddressKeeper(host, () => fragment(setup.value));
  cleanups.push(
    effect(() => {
      void challenge.value;
      void goal.value;
      if (setup.value) keeper.changed();
    }),
  );
  cleanups.push(keeper.dispose);
  if (address.large) host.root.dataset.size = "large";
  const classroom = makeClassroom(scoped);
  if (host.ownsPage) {
    addEventListener("hashchange", followAddress);
    cleanups.push(() => removeEventListener("hashchange", followAddress));
  }

  return {
    language,
    theme,
    resolvedTheme,
    setup,
    run,
    liveFrame,
    frame,
    history,
    flows,
    runs,
    limits,
    defaults,
    examples,
    error,
    stopped,
    online,
    announcement,
    selection,
    hovered,
    stepped,
    logarithmic,
    pointClass,
    speed,
    tool,
    notice,
    hints,
    ownRates,
    layersListed,
    text,
    write,
    table,
    images,
    windows,
    microscope,
    bugs,
    doctor,
    sweep,
    tour,
    challenge,
    goal,
    refusal,
    pointTool,
    classroom,
    host,
    hidden: address.hidden,
    hello,
    setStatus(status: ConnectionStatus): void {
      const open = status === "open";
      online.value = open;
      stopped.value = null;
      if (status === "refused")
        refusal.value = { en: TEXTS.en.classroom.refused, es: TEXTS.es.classroom.refused };
      if (open) hello();
      else downloads.cancel();
    },
    /** Start the training process again, after it has stopped. */
    restart(): void {
      if (run.value) connection.send({ type: "restart" });
      else hello();
    },
    send(type: string, more: object = {}): void {
      connection.send({ type, ...more });
    },
    changeSetup,
    openExample,
    setSpeed,
    /** Train with a cure from step 0, fast enough to be watched for some seconds. The panel makes
     * room for the cost, where both curves stand. */
    tryCure({ setup: cured, steps }: Trial): void {
      if (!cured) return;
      changeSetup(cured, { fresh: true });
      cure = changes;
      setSpeed(Math.max(FIRST_SPEED, Math.round((steps.at(-1) ?? 0) / CURE_SECONDS)));
      connection.send({ type: "play" });
      tool.value = null;
    },
    toggleTool(one: Tool): void {
      tool.value = tool.value === one ? null : one;
    },
    requestDownload: downloads.request,
    /** The fragment of a link to what is shown, with some parts changed. */
    fragment: (more: Partial<Parameters<typeof formatHash>[0]> = {}) => fragment(setup.value, more),
    /** The fragment of a link with initial weights; null are those of the set-up. */
    fragmentWith: (weights: ArrayLike<number> | null, frozen?: ArrayLike<number>) =>
      fragment(withInitialWeights(setup.value, weights, frozen)),
    /** Erase the point nearest to a place of the plane; false if none is near. */
    erase(x: number, y: number): boolean {
      const now = run.value;
      const point = now && nearestPoint(now, x, y);
      if (point) connection.send({ type: "erase", x: point[0], y: point[1] });
      return Boolean(point);
    },
    dispose(): void {
      pacing.stop();
      for (const one of cleanups) one();
    },
  };
}

const damagedLink: LocalizedText = {
  en: TEXTS.en.classroom.damaged,
  es: TEXTS.es.classroom.damaged,
};

const both = (one: LocalizedText, other: LocalizedText): LocalizedText => ({
  en: `${one.en} ${other.en}`,
  es: `${one.es} ${other.es}`,
});

const NEAR = 0.04; // of the plane's width: how far from a point one may click

/** The point nearest to a place, where one is near. */
export function nearestPoint(run: Run, x: number, y: number): [number, number] | null {
  let found: [number, number] | null = null;
  let least = NEAR * (run.extent[1] - run.extent[0]);
  for (let i = 0; i < run.points.length; i += 2) {
    const [x1 = 0, x2 = 0] = [run.points[i], run.points[i + 1]];
    const distance = Math.hypot(x1 - x, x2 - y);
    if (distance < least) [least, found] = [distance, [x1, x2]];
  }
  return found;
}

function readSpeed(text: string | null): number | null {
  if (text === "full") return null;
  return Number(text) > 0 ? Number(text) : FIRST_SPEED;
}

function fileTooLarge(file: File, most: number): LocalizedText {
  const kilobytes = (bytes: number) => String(Math.round(bytes / 1000));
  const filled = (text: string) =>
    fill(text, { name: file.name, size: kilobytes(file.size), most: kilobytes(most) });
  return { en: filled(TEXTS.en.too_big), es: filled(TEXTS.es.too_big) };
}

function storeChoice(host: Host, name: string, value: string): void {
  if (!host.ownsPage) return;
  try {
    localStorage.setItem(`neurona.${name}`, value);
  } catch {
    // storage may be disabled
  }
}
