import { describe, expect, test } from "vitest";
import { type Address, formatHash, parseHash } from "../../src/state/address";
import { PRESETS, type PresetName, presetSetup } from "../../src/state/presets";
import type { Setup } from "../../src/state/setup";
import { SETUP } from "../support";

const PLAIN = { hidden: [], challenge: null, goal: null, large: false };
const whole = (setup: unknown, more: Partial<Address> = {}) => ({ ...PLAIN, setup, ...more });

/** What the server makes of parts: each missing one has its default. */
function filled(parts: Partial<Setup>): Setup {
  const layer = SETUP.layers[0];
  return {
    ...SETUP,
    ...parts,
    data: { ...SETUP.data, ...parts.data },
    output: { ...SETUP.output, ...parts.output },
    training: { ...SETUP.training, ...parts.training },
    layers: (parts.layers ?? SETUP.layers).map((one) => ({ ...layer, ...one })) as never,
  };
}

describe("the address", () => {
  test.each(Object.keys(PRESETS) as PresetName[])("round-trips %s", (key) => {
    const setup = presetSetup(key, SETUP);
    const more = { hidden: ["data", "inputs"], challenge: key, goal: { cost: 0.01, layers: 5 } };
    const hash = formatHash(whole(setup, { ...more, large: true }), SETUP);
    const { setup: parts, ...rest } = parseHash(hash);
    expect(filled(parts as Partial<Setup>)).toEqual(setup);
    expect(rest).toEqual({ ...more, large: true, damaged: false });
    expect(formatHash(whole(parts), SETUP)).toBe(formatHash(whole(setup), SETUP));
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
