import { describe, expect, test } from "vitest";
import { formatHash, parseHash } from "../../src/state/address";
import { PRESETS, type PresetName, presetSetup } from "../../src/state/presets";
import { SETUP } from "../support";

describe("the address", () => {
  test.each(Object.keys(PRESETS) as PresetName[])("round-trips %s", (key) => {
    const setup = presetSetup(key, SETUP);
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
    expect(formatHash(SETUP, [])).toMatch(/^#s=[A-Za-z0-9_-]+$/);
  });
});
