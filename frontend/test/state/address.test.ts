import { describe, expect, test } from "vitest";
import { type Address, filled, formatHash, parseHash } from "../../src/state/address";
import type { Setup } from "../../src/state/setup";
import { SETUP } from "../support";

const PLAIN = { hidden: [], challenge: null, goal: null, large: false, map: null };
const whole = (setup: unknown, more: Partial<Address> = {}) => ({ ...PLAIN, setup, ...more });

const layer = { neurons: 4, activation: "tanh", learning_rate: null, kind: "dense" };
const SETUPS: Record<string, Setup> = {
  usual: SETUP,
  flat: { ...SETUP, data: { ...SETUP.data, kind: "xor" }, layers: [] },
  deep: {
    ...SETUP,
    inputs: ["x1"],
    layers: [layer, { ...layer, neurons: 8 }, { ...layer, activation: "relu", learning_rate: 2 }],
    output: { activation: "linear", learning_rate: 0.1 },
  },
  batched: { ...SETUP, training: { ...SETUP.training, batch_size: 8, seed: 3 } },
};

describe("the address", () => {
  test.each(Object.entries(SETUPS))("round-trips %s", (_, setup) => {
    const more = {
      hidden: ["data", "inputs"],
      challenge: "spiral",
      goal: { cost: 0.01, layers: 5 },
    };
    const hash = formatHash(whole(setup, { ...more, large: true }), SETUP);
    const { setup: parts, ...rest } = parseHash(hash);
    expect(filled(parts, SETUP)).toEqual(setup);
    expect(rest).toEqual({ ...more, large: true, map: null, damaged: false });
  });

  test("the page as it opens needs nothing", () => {
    expect(formatHash(whole(SETUP), SETUP)).toBe("");
    expect(formatHash(whole({ ...SETUP, weights: null, frozen: [] }), SETUP)).toBe("");
    expect(parseHash("")).toEqual({ ...whole(null), damaged: false });
  });

  test("holds only what differs", () => {
    const setup = { ...SETUP, training: { ...SETUP.training, batch_size: 8 } };
    const hash = formatHash(whole(setup), SETUP);
    expect(parseHash(hash).setup).toEqual({ training: { batch_size: 8 } });
    const usual = { ...SETUP, training: { ...SETUP.training, batch_size: 16 } };
    const back = formatHash(whole({ ...usual, training: SETUP.training }), usual);
    expect(parseHash(back).setup).toEqual({ training: { batch_size: null } });
  });

  test.each(["", "#", "#s=", "#hide="])("%s holds no set-up", (hash) => {
    expect(parseHash(hash)).toEqual({ ...whole(null), damaged: false });
  });

  test.each(["#s=%%%", "#s=bm90IGpzb24", "#s=é", "#s=a"])("%s is damaged", (hash) => {
    expect(parseHash(hash)).toEqual({ ...whole({}), damaged: true });
  });

  test.each(["#challenge=toString", "#goal=speed:1"])("%s names what there is not", (hash) => {
    expect(parseHash(hash)).toEqual({ ...whole(null), damaged: true });
  });

  test("a link that is cut gives what it still holds", () => {
    const hash = formatHash(
      whole({ data: { kind: "moons", n: 77 }, layers: [{ neurons: 7 }, { neurons: 8 }] }),
    );
    for (let length = 4; length < hash.length; length += 1) {
      const { setup, damaged } = parseHash(hash.slice(0, length));
      expect(damaged).toBe(true);
      expect(typeof setup).toBe("object");
    }
    expect(parseHash(hash.slice(0, -8)).setup).toEqual({
      data: { kind: "moons", n: 77 },
      layers: [{ neurons: 7 }],
    });
  });

  test("needs no escaping, and takes any number of points", () => {
    expect(formatHash(whole(SETUP))).toMatch(/^#s=[A-Za-z0-9_-]+$/);
    const points = Array.from({ length: 2000 }, (_, i) => [i / 7, i / 3 - 9, i % 2]);
    const many = { data: { kind: "own", points, columns: ["año", "ñ", "€"] } };
    expect(parseHash(formatHash(whole(many))).setup).toEqual(many);
  });

  test("a goal is read as far as it makes sense", () => {
    expect(parseHash("#goal=cost:0.01,accuracy:x,fly:3,steps:-1").goal).toEqual({ cost: 0.01 });
    expect(parseHash("#goal=cost").goal).toBe(null);
  });
});

test("a page without its network keeps the picture", () => {
  expect(parseHash("#hide=result").hidden).toEqual(["result"]);
  expect(parseHash("#hide=data,network,result,inputs").hidden).toEqual([
    "data",
    "network",
    "inputs",
  ]);
});
