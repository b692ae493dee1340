import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { Connection, MessageListener } from "../../src/server/connection";
import type { Run } from "../../src/server/messages";
import { changedSettings, makeBugLab, withBug, withSquareLayers } from "../../src/state/bugs";
import type { Tool } from "../../src/state/tools";
import { SETUP } from "../support";

describe("a set-up with a bug", () => {
  it("has what the bug needs to show", () => {
    const two = withBug(SETUP, "lost-two", 2);
    expect(two).toMatchObject({
      bug: "lost-two",
      training: { cost: "mse", optimizer: "sgd", learning_rate: 0.5 },
    });
    expect(changedSettings(SETUP, two)).toEqual(["optimizer", "learning_rate", "cost"]);
    expect(withBug(SETUP, "no-shuffling", 2).training).toMatchObject({
      batch_size: 10,
      optimizer: "adam",
    });
    const none = { ...SETUP, data: { ...SETUP.data, test_share: 0 } };
    expect(withBug(none, "test-in-training", 2).data.test_share).toBe(0.3);
    expect(withBug(SETUP, "softmax-jacobian", 2).output.activation).toBe("softmax");
    expect(withBug(SETUP, "softmax-jacobian", 0).output.activation).toBe("auto");
  });

  it("keeps what was chosen where it can", () => {
    const chosen = {
      ...SETUP,
      training: { ...SETUP.training, optimizer: "sgd", learning_rate: 3, batch_size: 7 },
    };
    expect(withBug(chosen, "overwritten", 2).training).toEqual(chosen.training);
    expect(withBug(chosen, "no-shuffling", 2).training).toEqual(chosen.training);
    expect(changedSettings(chosen, withBug(chosen, "overwritten", 2))).toEqual([]);
  });

  it("has only activations whose slope is a function of a, and another at z than at a", () => {
    const of = (activation: string) => ({
      ...SETUP,
      layers: [{ neurons: 3, activation, learning_rate: null, kind: "dense" }],
    });
    const made = (name: string, bug: string) => withBug(of(name), bug, 2).layers[0]?.activation;
    expect(made("gelu", "zero-start")).toBe("tanh");
    expect(made("relu", "zero-start")).toBe("relu");
    expect(made("relu", "z-for-a")).toBe("tanh");
    expect(made("sigmoid", "z-for-a")).toBe("sigmoid");
  });

  it("can have square layers", () => {
    const inputs = ["x1", "x2", "x1^2", "x2^2"];
    const three = withSquareLayers(SETUP, 3, inputs);
    expect(three.inputs).toEqual(["x1", "x2", "x1^2"]);
    expect(three.layers.map((one) => one.neurons)).toEqual([3, 3]);
    expect(three.output.activation).toBe("softmax");
    expect(withSquareLayers({ ...SETUP, inputs: ["x2^2", "x2", "x1"] }, 2, inputs).inputs).toEqual([
      "x2",
      "x2^2",
    ]);
  });
});

describe("the bug lab", () => {
  function made() {
    const listeners: MessageListener[] = [];
    const sent: object[] = [];
    const connection: Connection = {
      send: (message) => sent.push(message),
      on: (_, listener) => listeners.push(listener),
      off: () => {},
    };
    const run = signal<Run | null>({ run: 1, setup: { ...SETUP, bug: "lost-two" } } as Run);
    const tool = signal<Tool | null>(null);
    const lab = makeBugLab(connection, { run, tool });
    const receive = (message: object) => {
      for (const listener of listeners) listener({ type: "", ...message } as never, []);
    };
    return { lab, run, tool, sent, receive };
  }

  it("asks when it opens, and anew for each run", () => {
    const { run, tool, sent } = made();
    expect(sent).toEqual([]);
    tool.value = "bugs";
    run.value = { run: 2, setup: SETUP } as Run;
    expect(sent).toEqual([{ type: "bugs" }, { type: "bugs" }]);
  });

  it("forgets with another run what was found and guessed in the last", () => {
    const { lab, run, receive } = made();
    lab.guessing.value = true;
    lab.guess.value = 12;
    lab.find();
    expect(lab.busy.value).toBe(true);
    receive({ type: "bug", run: 1, found: null, silent: null });
    expect(lab.busy.value).toBe(false);
    expect(lab.finding.value).not.toBeNull();
    run.value = { run: 2, setup: { ...SETUP, bug: "transpose" } } as Run;
    expect([lab.finding.value, lab.guess.value, lab.guessing.value]).toEqual([null, null, true]);
    run.value = { run: 3, setup: { ...SETUP, bug: null } } as Run;
    expect(lab.guessing.value).toBe(false);
  });

  it("takes no answer about an earlier run", () => {
    const { lab, receive } = made();
    receive({ type: "bug", run: 0, found: null, silent: null });
    receive({ type: "bugs", run: 0, bugs: [], program: null, refusal: null });
    expect([lab.finding.value, lab.lab.value]).toEqual([null, null]);
  });
});
