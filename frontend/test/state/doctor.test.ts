import { expect, test } from "vitest";
import { everyTrial, type Proof, shownCures, type Trial } from "../../src/state/doctor";
import { SETUP } from "../support";

const trial = (cures: string[], mean: number, more: Partial<Trial> = {}) =>
  ({ cures, mean, cured: true, setup: SETUP, ...more }) as Trial;

const proof = {
  sick: trial([], 0.1, { cured: false }),
  trials: [
    trial(["adam", "tanh"], 1),
    trial(["batch-norm"], 0.99, { setup: null }),
    trial(["orthogonal"], 0.9),
    trial(["rate-down"], 0, { cured: false }),
    trial(["glorot"], 0.95),
  ],
  search: [trial(["one"], 0.2), trial(["two"], 0.97)],
  found: 1,
} as Proof;

test("the panel shows cures that the page can train, single ones first", () => {
  expect(shownCures(proof).map((one) => one.cures.join("+"))).toEqual([
    "glorot",
    "orthogonal",
    "adam+tanh",
  ]);
});

test("all that was tried is listed from the best, with the best of the search", () => {
  expect(everyTrial(proof).map((one) => one.mean)).toEqual([1, 0.99, 0.97, 0.95, 0.9, 0.1, 0]);
});
