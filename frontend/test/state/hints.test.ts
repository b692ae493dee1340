import { beforeEach, expect, test, vi } from "vitest";
import { HINTS, makeHints } from "../../src/state/hints";

let kept: Map<string, string>;
beforeEach(() => {
  kept = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

test("callouts are open until they are put away, which is remembered", () => {
  const hints = makeHints(true);
  expect(hints.open.value).toEqual(HINTS);
  hints.dismiss("train");
  expect(makeHints(true).open.value).toEqual(HINTS.filter((one) => one !== "train"));
});

test("the button puts all away, and brings all back", () => {
  const hints = makeHints(true);
  hints.toggle();
  expect(makeHints(true).open.value).toEqual([]);
  hints.toggle();
  expect(makeHints(true).open.value).toEqual(HINTS);
});

test("a notebook opens none at first and remembers none", () => {
  const hints = makeHints(false);
  expect(hints.open.value).toEqual([]);
  hints.toggle();
  expect(hints.open.value).toEqual(HINTS);
  expect(kept.size).toBe(0);
});

test("without storage none is open: they would come back each time", () => {
  vi.stubGlobal("localStorage", {
    getItem: () => {
      throw new Error("denied");
    },
  });
  expect(makeHints(true).open.value).toEqual([]);
});

test("a callout that is not open is put away without a word", () => {
  const hints = makeHints(false);
  const before = hints.open.value;
  hints.dismiss("train");
  expect(hints.open.value).toBe(before);
});

test("the two that come first are in view, and then the others", () => {
  const hints = makeHints(true);
  expect(hints.shown.value).toEqual(["picture", "train"]);
  hints.dismiss("train");
  expect(hints.shown.value).toEqual(["picture"]);
  hints.dismiss("picture");
  expect(hints.shown.value).toEqual(["network", "now"]);
});
