import { describe, expect, test } from "vitest";
import type { Listener, Model } from "../src/model";
import { beginning, FIRST, fitting, fromHash, toHash } from "../src/setup";
import { makeTaker } from "../src/take";

function line() {
  const listeners: Listener[] = [];
  const sent: object[] = [];
  const model: Model = {
    send: (content) => sent.push(content),
    on: (_, listener) => {
      listeners.push(listener);
    },
    off: () => {},
  };
  const say = (content: { type: string }, ...bytes: number[]) => {
    const whole = {
      ...content,
      arrays: [{ name: "bytes", dtype: "uint8", shape: [bytes.length] }],
    };
    const view = new DataView(new Uint8Array([9, ...bytes, 9]).buffer, 1, bytes.length);
    for (const listener of listeners) listener(whole, [view]);
  };
  return { model, sent, say };
}
const file = { type: "file", name: "playground.py", mime: "text/x-python" };

describe("what is taken home", () => {
  test("is asked for in a language, and is the bytes of the answer alone", async () => {
    const { model, sent, say } = line();
    const asked = makeTaker(model).take("code", "es", "dark");
    expect(sent).toEqual([{ type: "take", what: "code", language: "es", theme: "dark" }]);
    say({ type: "frame" });
    say(file, 1, 2, 3);
    const taken = await asked;
    expect(taken).toMatchObject({ name: "playground.py", mime: "text/x-python" });
    expect(Array.from(taken?.bytes ?? [])).toEqual([1, 2, 3]);
    expect(taken?.bytes.buffer.byteLength).toBe(3);
  });

  test("is asked for one at a time", async () => {
    const { model, sent, say } = line();
    const taker = makeTaker(model);
    const first = taker.take("gif", "en", "light");
    expect(await taker.take("code", "en", "light")).toBeNull();
    expect(sent).toHaveLength(1);
    say(file, 1);
    expect((await first)?.bytes).toHaveLength(1);
    void taker.take("code", "en", "light");
    expect(sent).toHaveLength(2);
  });

  test("is nothing where it is refused, or the line is lost", async () => {
    const { model, say } = line();
    const taker = makeTaker(model);
    const refused = taker.take("gif", "en", "light");
    say({ type: "error", code: "value" } as { type: string }); // of something else
    say({ type: "error", code: "take" } as { type: string });
    expect(await refused).toBeNull();
    const lost = taker.take("gif", "en", "light");
    taker.lost();
    expect(await lost).toBeNull();
    say(file, 1); // too late: nobody waits
  });
});

describe("weights in the address", () => {
  const weights = Float32Array.from([0.1, -1 / 3, 12345.678, 1e-12, 0]);
  const held = beginning(FIRST, weights);

  test("have five digits that matter, and come back", () => {
    expect(held.weights).toEqual([0.1, -0.33333, 12346, 1e-12, 0]);
    expect(fromHash(toHash(held, [])).setup).toEqual(held);
  });

  test("say which of them are frozen, where some are", () => {
    const still = beginning(FIRST, weights, Uint8Array.from([0, 1, 0, 0, 1]));
    expect(still.frozen).toEqual([1, 4]);
    expect(fromHash(toHash(still, [])).setup).toEqual(still);
    expect("frozen" in beginning(FIRST, weights, new Uint8Array(5))).toBe(false);
    expect("frozen" in beginning(still, null)).toBe(false);
    expect(fitting({ ...still, inputs: ["x1"] }, still).frozen).toEqual([]);
    expect(fitting({ ...still }, still).frozen).toEqual([1, 4]);
  });

  test("are left out where nobody wants them", () => {
    expect("weights" in beginning(held, null)).toBe(false);
    expect(toHash(beginning(held, null), [])).toBe(toHash(FIRST, []));
  });

  test("of a network of 400 parameters make no address that is too long", () => {
    const many = Float32Array.from({ length: 400 }, (_, i) => -Math.exp(Math.sin(i)) / 1000);
    expect(toHash(beginning(FIRST, many), []).length).toBeLessThan(8000);
  });

  test.each([
    ["a layer more", { layers: [...FIRST.layers, ...FIRST.layers] }],
    ["a neuron more", { layers: [{ neurons: 5, activation: "tanh", learning_rate: null }] }],
    ["another input", { inputs: ["x1"] }],
    ["other outputs", { data: { ...FIRST.data, kind: "blobs" } }],
    ["more classes", { data: { ...FIRST.data, classes: 5 } }],
    ["another initializer", { training: { ...FIRST.training, initializer: "uniform" } }],
    ["another seed", { training: { ...FIRST.training, seed: 1 } }],
  ])("are left behind with %s", (_, change) => {
    expect(fitting({ ...held, ...change }, held).weights).toBeNull();
  });

  test.each([
    ["a rate", { training: { ...FIRST.training, learning_rate: 1 } }],
    ["an own rate", { layers: FIRST.layers.map((one) => ({ ...one, learning_rate: 0.5 })) }],
    ["more noise", { data: { ...FIRST.data, noise: 0.3 } }],
    ["nothing", {}],
  ])("stay with %s", (_, change) => {
    expect(fitting({ ...held, ...change }, held).weights).toEqual(held.weights);
  });
});
