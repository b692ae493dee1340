import { describe, expect, test } from "vitest";
import { formatHash, parseHash } from "../../src/state/address";
import { SETUP } from "../support";

describe("the address", () => {
  test("round-trips a set-up, hidden parts and a challenge", () => {
    expect(parseHash(formatHash(SETUP, ["data", "inputs"], "spiral"))).toEqual({
      setup: SETUP,
      hidden: ["data", "inputs"],
      challenge: "spiral",
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
