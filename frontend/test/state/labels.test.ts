import { expect, test } from "vitest";
import type { Run } from "../../src/server/messages";
import { axisNames, classLabel, classNames, outputName } from "../../src/state/labels";
import { SETUP } from "../support";

const run = (data: object, more: object = {}) =>
  ({
    setup: { ...SETUP, data: { ...SETUP.data, kind: "own", ...data } },
    classes: 2,
    outputs: 1,
    ...more,
  }) as Run;

test("a class has the name of the table, or its number", () => {
  const named = run({ class_names: ["cat", "dog"] });
  expect([0, 1, 2].map((k) => classLabel(named, k))).toEqual(["cat", "dog", "2"]);
  expect(classLabel(null, 1)).toBe("1");
  expect(classNames(run({ class_names: ["cat"] }, { classes: 0 }))).toEqual([]); // a number
  expect(classNames(run({ kind: "moons", class_names: ["cat"] }))).toEqual([]);
});

test("a single output predicts class 1, several outputs one class each", () => {
  const class_names = ["cat", "dog", "hen"];
  expect(outputName(run({ class_names }), 0)).toBe("dog");
  expect(outputName(run({ class_names }, { outputs: 3, classes: 3 }), 2)).toBe("hen");
  expect(outputName(run({}), 0)).toBeNull();
});

test("axes have the names of their columns", () => {
  expect(axisNames(run({ columns: ["kilos", "height", "kind"] }))).toEqual(["kilos", "height"]);
  expect(axisNames(run({ columns: [] }))).toBeNull();
  expect(axisNames(run({ kind: "moons", columns: ["a", "b", "c"] }))).toBeNull();
});
