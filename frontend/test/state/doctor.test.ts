import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { Connection, MessageListener } from "../../src/server/connection";
import type { Run } from "../../src/server/messages";
import { everyTrial, makeDoctor, type Proof, shownCures, type Trial } from "../../src/state/doctor";
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

describe("a diagnosis", () => {
  function made() {
    const listeners: MessageListener[] = [];
    const sent: object[] = [];
    const connection: Connection = {
      send: (message) => sent.push(message),
      on: (_, listener) => listeners.push(listener),
      off: () => {},
    };
    const run = signal<Run | null>({ run: 1 } as Run);
    const doctor = makeDoctor(connection, run);
    const receive = (message: object) => {
      for (const listener of listeners) listener({ type: "", ...message } as never, []);
    };
    const begin = (number: number) => {
      receive({ type: "run", run: number });
      run.value = { run: number } as Run;
    };
    return { doctor, sent, receive, begin };
  }
  const QUESTION = { type: "doctor" };

  test("of a run that began meanwhile is asked for once the last one is here", () => {
    const { doctor, sent, receive, begin } = made();
    doctor.look();
    for (const run of [2, 3]) {
      begin(run);
      doctor.look();
    }
    expect(sent).toEqual([QUESTION]);
    receive({ type: "doctor", run: 1 });
    expect(sent).toEqual([QUESTION, QUESTION]);
    expect([doctor.looking.value, doctor.diagnosis.value]).toEqual([true, null]);
    receive({ type: "doctor", run: 3 });
    expect([doctor.looking.value, doctor.diagnosis.value]).toMatchObject([false, { run: 3 }]);
    expect(sent).toHaveLength(2);
  });

  test("of an earlier run is not kept for when the panel opens again", () => {
    const { doctor, sent, receive, begin } = made();
    doctor.look();
    begin(2); // the panel is closed
    receive({ type: "doctor", run: 1 });
    expect([doctor.diagnosis.value, sent]).toEqual([null, [QUESTION]]);
  });

  test("is asked for again after an error, and where the connection is new", () => {
    const { doctor, sent, receive } = made();
    for (const type of ["error", "welcome"]) {
      doctor.look();
      receive({ type });
      expect(doctor.looking.value).toBe(false);
    }
    doctor.look();
    expect(sent).toEqual([QUESTION, QUESTION, QUESTION]);
  });
});
