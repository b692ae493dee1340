import { describe, expect, test } from "vitest";
import { CLASSES, diverging, NEGATIVE, POSITIVE } from "../src/colors";
import { branchesOf, dataOf } from "../src/curve";
import { TEXTS } from "../src/i18n";
import { GOALS, judged, READY } from "../src/ready";
import { FIRST, fromHash, type Setup, toHash } from "../src/setup";
import type { Frame } from "../src/store";
import { weights } from "../src/weights";
import { arraysOf, decode } from "../src/wire";

function message(content: object, ...arrays: (Float32Array | Uint8Array)[]): ArrayBuffer {
  let json = JSON.stringify(content);
  while ((4 + json.length) % 8) json += " ";
  const padded = arrays.map((one) => Math.ceil(one.byteLength / 8) * 8);
  const buffer = new ArrayBuffer(4 + json.length + padded.reduce((sum, one) => sum + one, 0));
  new DataView(buffer).setUint32(0, json.length, true);
  new Uint8Array(buffer, 4).set(new TextEncoder().encode(json));
  let at = 4 + json.length;
  arrays.forEach((one, i) => {
    new Uint8Array(buffer, at).set(new Uint8Array(one.buffer));
    at += padded[i] ?? 0;
  });
  return buffer;
}

describe("the wire", () => {
  const content = {
    type: "frame",
    arrays: [
      { name: "wrong", dtype: "uint8", shape: [3] },
      { name: "parameters", dtype: "float32", shape: [2, 1] },
    ],
  };
  const sent = message(content, new Uint8Array([1, 0, 1]), new Float32Array([0.5, -2]));

  test("gives back what was sent", () => {
    const { content: got, buffers } = decode(sent);
    expect(got.type).toBe("frame");
    const arrays = arraysOf(got, buffers);
    expect(Array.from(arrays.wrong ?? [])).toEqual([1, 0, 1]);
    expect(Array.from(arrays.parameters ?? [])).toEqual([0.5, -2]);
  });

  test("reads numbers that lie anywhere, as a notebook's may", () => {
    const { content: got, buffers } = decode(sent);
    const moved = buffers.map((view) => {
      const bytes = new Uint8Array(view.byteLength + 3);
      bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), 3);
      return new DataView(bytes.buffer, 3);
    });
    expect(Array.from(arraysOf(got, moved).parameters ?? [])).toEqual([0.5, -2]);
  });
});

describe("the address", () => {
  test.each(Object.entries(READY))("holds %s, and gives it back", (key, setup) => {
    expect(fromHash(toHash(setup, ["data", "inputs"], key))).toEqual({
      setup,
      hidden: ["data", "inputs"],
      challenge: key,
    });
  });

  test.each(["", "#", "#s=", "#s=%%%", "#s=bm90IGpzb24", "#hide="])("%s is no set-up", (hash) => {
    expect(fromHash(hash)).toEqual({ setup: null, hidden: [], challenge: null });
  });

  test("carries no character that an address would change", () => {
    expect(toHash(FIRST, [])).toMatch(/^#s=[A-Za-z0-9_-]+$/);
  });
});

describe("a challenge", () => {
  const frame = (more: object) => ({ step: 0, cost: 1, test_cost: 1, ...more }) as unknown as Frame;
  const open = (key: keyof typeof GOALS, setup: Setup, now: Frame | null) =>
    judged(GOALS[key] ?? {}, setup, now)
      .filter(([, , holds]) => !holds)
      .map(([name]) => name);

  test("is not solved at its start", () => {
    for (const [key, goal] of Object.entries(GOALS)) {
      const parts = judged(goal, READY[key as keyof typeof GOALS], null);
      expect(
        parts.some(([, , holds]) => !holds),
        key,
      ).toBe(true);
    }
  });

  test("is solved when all its parts hold", () => {
    expect(open("spiral", READY.spiral, frame({ test_accuracy: 1 }))).toEqual(["neurons"]);
    const few = { ...READY.spiral, layers: READY.spiral.layers.slice(1) };
    expect(open("spiral", few, frame({ test_accuracy: 0.9 }))).toEqual(["accuracy"]);
    expect(open("spiral", few, frame({ test_accuracy: 0.99 }))).toEqual([]);
    expect(open("heart", READY.heart, frame({ step: 4999, test_cost: 0.5 }))).toEqual(["steps"]);
    expect(open("heart", READY.heart, frame({ step: 5000, test_cost: 0.5 }))).toEqual([]);
    expect(open("stuck", READY.stuck, frame({ cost: 0.009 }))).toEqual([]);
    expect(open("stuck", few, frame({ cost: 0.009 }))).toEqual(["layers"]);
  });
});

test("colours run from orange through the ground to blue", () => {
  const ground = [240, 240, 240] as const;
  expect(diverging(0, ground)).toEqual(ground);
  const [red, , blue] = diverging(1, ground);
  expect(blue).toBeGreaterThan(red);
  expect(diverging(-1, ground)[0]).toBeGreaterThan(diverging(-1, ground)[2]);
  expect(diverging(-7, ground)).toEqual(diverging(-1, ground));
  expect(CLASSES.slice(0, 2)).toEqual([NEGATIVE, POSITIVE]);
});

test("no text is empty, in either language", () => {
  expect(Object.keys(TEXTS.es)).toEqual(Object.keys(TEXTS.en));
  for (const texts of Object.values(TEXTS)) {
    for (const text of Object.values(texts)) expect(text.trim()).not.toBe("");
  }
});

test("parameters are taken apart layer by layer, W before b", () => {
  const all = weights([2, 1, 1], [10, 11, 12, 13, 14]);
  expect(all.map(({ layer, row, column, value }) => [layer, row, column, value])).toEqual([
    [0, 0, 0, 10],
    [0, 1, 0, 11],
    [0, -1, 0, 12],
    [1, 0, 0, 13],
    [1, -1, 0, 14],
  ]);
});

test("each branch has its own two curves over one sorted axis", () => {
  const rows = new Float32Array([0, 1, 2, 0, 9, 0.5, Number.NaN, 0, 4, 0, 0.7, 1]);
  expect(branchesOf(rows)).toEqual([0, 1]);
  const [steps, ...columns] = dataOf(rows, [0, 1], true);
  expect(Array.from(steps as ArrayLike<number>)).toEqual([0, 4, 9]);
  expect(columns[0]).toEqual([1, null, 0.5]);
  expect(columns[1]?.[0]).toBe(2);
  expect(columns[1]?.[2]).toBeNull(); // no test cost
  expect(columns[2]).toEqual([null, null, null]); // 0 has no logarithm
});

test("a branch that was forgotten leaves no empty columns", () => {
  const rows = Float32Array.from([0, 1, Number.NaN, 0, 3, 0.5, Number.NaN, 700]);
  expect(branchesOf(rows)).toEqual([0, 700]);
  const [, ...columns] = dataOf(rows, branchesOf(rows), false);
  expect(columns).toEqual([
    [1, null],
    [null, null],
    [null, 0.5],
    [null, null],
  ]);
});
