import { expect, test } from "vitest";
import { axesOf, classOf, namesOf, outputOf } from "../src/names";
import { FIRST } from "../src/setup";
import type { Run } from "../src/store";

const run = (data: object, more: object = {}) =>
  ({
    setup: { ...FIRST, data: { ...FIRST.data, kind: "own", ...data } },
    classes: 2,
    outputs: 1,
    ...more,
  }) as Run;

test("a class has the name of the table, or its number", () => {
  const named = run({ class_names: ["cat", "dog"] });
  expect([0, 1, 2].map((k) => classOf(named, k))).toEqual(["cat", "dog", "2"]);
  expect(classOf(null, 1)).toBe("1");
  expect(namesOf(run({ class_names: ["cat"] }, { classes: 0 }))).toEqual([]); // a number
  expect(namesOf(run({ kind: "moons", class_names: ["cat"] }))).toEqual([]);
});

test("one output is that of class 1, of several each has its own", () => {
  const class_names = ["cat", "dog", "hen"];
  expect(outputOf(run({ class_names }), 0)).toBe("dog");
  expect(outputOf(run({ class_names }, { outputs: 3, classes: 3 }), 2)).toBe("hen");
  expect(outputOf(run({}), 0)).toBeNull();
});

test("the axes have the names of their columns", () => {
  expect(axesOf(run({ columns: ["kilos", "height", "kind"] }))).toEqual(["kilos", "height"]);
  expect(axesOf(run({ columns: [] }))).toBeNull();
  expect(axesOf(run({ kind: "moons", columns: ["a", "b", "c"] }))).toBeNull();
});
