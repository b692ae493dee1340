// The fragment of the page's address: the set-up, and how a teacher has prepared the page.

import { GOALS as CHALLENGES, type Goal } from "./challenges";
import type { Setup } from "./setup";

export interface Address {
  /** As it was given: the server validates it. Null where there is none. */
  setup: unknown;
  /** Whether a part was lost on its way, or says what there is not. */
  damaged: boolean;
  hidden: string[];
  challenge: string | null;
  goal: Goal | null;
  /** Large type, for a projector. */
  large: boolean;
  /** The grid of the map that opens, as it was given. */
  map: string | null;
}

/** The fragment, with its #. The set-up is there as its differences from the defaults, so that it
 * is short enough for a QR code; nothing at all is a page as it opens. */
export function formatHash(
  { setup, hidden, challenge, goal, large, map }: Omit<Address, "damaged">,
  defaults: Setup | null = null,
): string {
  const differing = defaults ? differences(setup, defaults, defaults) : setup;
  const parts = [
    differing || challenge ? `s=${encode(differing ?? {})}` : "",
    hidden.length ? `hide=${hidden.join(",")}` : "",
    challenge ? `challenge=${challenge}` : "",
    goal ? `goal=${formatGoal(goal)}` : "",
    large ? "large" : "",
    map ? `map=${map}` : "",
  ].filter(Boolean);
  return parts.length ? `#${parts.join("&")}` : "";
}

/** The inverse. */
export function parseHash(hash: string): Address {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const code = given.get("s") ?? "";
  const [setup, lost] = code ? decode(code) : [null, false];
  const challenge = given.get("challenge") ?? "";
  const goals = given.get("goal") ?? "";
  const goal = parseGoal(goals);
  const unknown =
    (challenge !== "" && !Object.hasOwn(CHALLENGES, challenge)) || (goals !== "" && !goal);
  return {
    setup,
    damaged: lost || unknown,
    hidden: hiddenParts(given.get("hide") ?? ""),
    challenge: Object.hasOwn(CHALLENGES, challenge) ? challenge : null,
    goal,
    large: given.has("large"),
    map: given.get("map"),
  };
}

/** Without its network a page keeps the picture: it would be empty. */
function hiddenParts(text: string): string[] {
  const parts = text.split(",").filter(Boolean);
  return parts.includes("network") ? parts.filter((one) => one !== "result") : parts;
}

const GOALS: readonly (keyof Goal)[] = [
  "accuracy",
  "cost",
  "test_cost",
  "steps",
  "neurons",
  "layers",
];

function formatGoal(goal: Goal): string {
  return Object.entries(goal)
    .map(([name, bound]) => `${name}:${bound}`)
    .join(",");
}

function parseGoal(text: string): Goal | null {
  const goal: Goal = {};
  for (const part of text.split(",")) {
    const [name, bound] = part.split(":");
    const known = GOALS.find((one) => one === name);
    if (known && bound && Number(bound) >= 0) goal[known] = Number(bound);
  }
  return Object.keys(goal).length ? goal : null;
}

/** The parts of a value that differ from the defaults; undefined where none do. Lists are whole. */
function differences(value: unknown, usual: unknown, defaults: Setup): unknown {
  if (JSON.stringify(value) === JSON.stringify(usual)) return undefined;
  const empty = value === null || value === undefined || String(value) === "";
  if (empty && usual === undefined) return undefined;
  if (Array.isArray(value)) {
    if (usual !== defaults.layers) return value;
    return value.map((one) => differences(one, defaults.layers[0], defaults) ?? {});
  }
  if (typeof value !== "object" || value === null) return value;
  const known = (usual ?? {}) as Record<string, unknown>;
  const parts = Object.entries(value)
    .map(([name, one]) => [name, differences(one, known[name], defaults)] as const)
    .filter(([, one]) => one !== undefined);
  return parts.length ? Object.fromEntries(parts) : undefined;
}

/** The whole value of what differs from the defaults. */
export function filled(parts: unknown, defaults: Setup): unknown {
  const merged = (given: unknown, usual: unknown): unknown => {
    if (Array.isArray(given))
      return usual === defaults.layers
        ? given.map((one) => merged(one, defaults.layers[0]))
        : given;
    if (given === undefined) return usual;
    if (typeof given !== "object" || given === null || typeof usual !== "object") return given;
    const names = new Set([...Object.keys(usual ?? {}), ...Object.keys(given)]);
    const of = (one: unknown, name: string) => (one as Record<string, unknown> | null)?.[name];
    return Object.fromEntries(
      [...names].map((name) => [name, merged(of(given, name), of(usual, name))]),
    );
  };
  return merged(parts, defaults);
}

function encode(value: unknown): string {
  let letters = "";
  for (const byte of new TextEncoder().encode(JSON.stringify(value)))
    letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The value, and whether something of it was lost. */
function decode(code: string): [unknown, boolean] {
  const clean = code.replaceAll("-", "+").replaceAll("_", "/");
  const whole = clean.length % 4 === 1 ? clean.slice(0, -1) : clean;
  let text: string;
  try {
    const bytes = Uint8Array.from(atob(whole), (letter) => letter.charCodeAt(0));
    text = new TextDecoder().decode(bytes);
  } catch {
    return [{}, true];
  }
  try {
    return [JSON.parse(text), false];
  } catch {
    return [readBeginning(text), true];
  }
}

/** Read the beginning of a JSON object, up to its last whole part: a link may be cut. */
function readBeginning(text: string): unknown {
  const open: string[] = [];
  const ends: string[] = []; // the text up to a whole part, closed
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const letter = text[i] ?? "";
    if (quoted) {
      if (letter === "\\") i += 1;
      else if (letter === '"') quoted = false;
      continue;
    }
    if (letter === '"') quoted = true;
    else if (letter === "{" || letter === "[") open.push(letter === "{" ? "}" : "]");
    else if (letter === "," && open.length)
      ends.push(text.slice(0, i) + [...open].reverse().join(""));
    else if (letter === "}" || letter === "]") {
      open.pop();
      ends.push(text.slice(0, i + 1) + [...open].reverse().join(""));
    }
  }
  for (const end of ends.reverse()) {
    try {
      return JSON.parse(end);
    } catch {
      // cut within a name: an earlier end is whole
    }
  }
  return {};
}
