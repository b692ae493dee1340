import { describe, expect, test } from "vitest";
import { formatHash, parseHash } from "../../src/state/address";
import { PRESETS } from "../../src/state/presets";
import { DEFAULT_SETUP } from "../../src/state/setup";

describe("the address", () => {
  test.each(Object.entries(PRESETS))("holds %s, and gives it back", (key, setup) => {
    expect(parseHash(formatHash(setup, ["data", "inputs"], key))).toEqual({
      setup,
      hidden: ["data", "inputs"],
      challenge: key,
    });
  });

  test.each(["", "#", "#s=", "#s=%%%", "#s=bm90IGpzb24", "#hide="])("%s is no set-up", (hash) => {
    expect(parseHash(hash)).toEqual({ setup: null, hidden: [], challenge: null });
  });

  test("carries no character that an address would change", () => {
    expect(formatHash(DEFAULT_SETUP, [])).toMatch(/^#s=[A-Za-z0-9_-]+$/);
  });
});
