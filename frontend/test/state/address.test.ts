import { describe, expect, test } from "vitest";
import { formatHash, parseHash } from "../../src/state/address";
import { PRESETS } from "../../src/state/presets";
import { DEFAULT_SETUP } from "../../src/state/setup";

describe("the address", () => {
  test.each(Object.entries(PRESETS))("round-trips %s", (key, setup) => {
    expect(parseHash(formatHash(setup, ["data", "inputs"], key))).toEqual({
      setup,
      hidden: ["data", "inputs"],
      challenge: key,
    });
  });

  test.each(["", "#", "#s=", "#s=%%%", "#s=bm90IGpzb24", "#hide="])(
    "%s is not a set-up",
    (hash) => {
      expect(parseHash(hash)).toEqual({ setup: null, hidden: [], challenge: null });
    },
  );

  test("needs no escaping", () => {
    expect(formatHash(DEFAULT_SETUP, [])).toMatch(/^#s=[A-Za-z0-9_-]+$/);
  });
});
