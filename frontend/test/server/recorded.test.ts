import { beforeEach, describe, expect, test, vi } from "vitest";
import { arraysOf, type Message } from "../../src/server/encoding";
import { RecordedConnection, setupKey } from "../../src/server/recorded";
import { SETUP } from "../support";

const STEPS = [0, 10, 500];
const LIVE = { playing: false, steps_per_second: 0 };
const rate = (learning_rate: number) => ({
  ...SETUP,
  training: { ...SETUP.training, learning_rate },
});

function encode(message: Message, data: Uint8Array): Uint8Array {
  let json = JSON.stringify(message);
  while ((4 + json.length) % 8) json += " ";
  const size = 4 + json.length + data.length;
  const bytes = new Uint8Array(4 + size);
  new DataView(bytes.buffer).setUint32(0, size, true);
  new DataView(bytes.buffer).setUint32(4, json.length, true);
  bytes.set(new TextEncoder().encode(json), 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function part(messages: [Message, Uint8Array][]): ArrayBuffer {
  return new Uint8Array(messages.flatMap(([one, data]) => [...encode(one, data)])).buffer;
}

/** A frame whose surface is one byte; the first has the history: step and cost of each. */
function frame(index: number): [Message, Uint8Array] {
  const arrays = [{ name: "surface", dtype: "uint8", shape: [1] }];
  const history = new Float32Array(STEPS.flatMap((step) => [step, 0.5]));
  const data = new Uint8Array(8 + (index ? 0 : history.byteLength));
  data[0] = index;
  if (!index) {
    arrays.push({ name: "history", dtype: "float32", shape: [STEPS.length, 2] });
    data.set(new Uint8Array(history.buffer), 8);
  }
  return [{ type: "frame", step: STEPS[index], ...LIVE, arrays }, data];
}

const none = new Uint8Array();
const files: Record<string, ArrayBuffer> = {
  "stuck/frames": part([frame(0), frame(1), frame(2)]),
  "cured/frames": part([frame(0), frame(1), frame(2)]),
  "stuck/doctor": part([[{ type: "doctor", findings: [] }, none]]),
};
for (const [name, setup] of Object.entries({ stuck: SETUP, cured: rate(5) })) {
  files[`${name}/head`] = part([
    [{ type: "welcome", examples: { stuck: SETUP, spiral: SETUP } }, none],
    [{ type: "run", run: 1, setup }, none],
    frame(0),
  ]);
}

function opened() {
  const said: [Message, ReturnType<typeof arraysOf>][] = [];
  const connection = new RecordedConnection(
    [
      { name: "stuck", setup: SETUP, parts: ["head", "frames", "doctor"] },
      { name: "cured", setup: rate(5), parts: ["head", "frames"] },
    ],
    async (recording, name) => files[`${recording}/${name}`] as ArrayBuffer,
  );
  connection.on("msg:custom", (message, buffers) => {
    said.push([message, arraysOf(message, buffers)]);
  });
  const last = (type: string) => said.filter(([one]) => one.type === type).at(-1);
  const say = async (message: Message) => {
    connection.send(message);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { connection, said, last, say };
}

describe("a recorded connection", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  test("greets with the run and shows the first frame", async () => {
    const { said, say } = opened();
    await say({ type: "frame" });
    await say({ type: "hello", setup: null });
    expect(said.map(([one]) => one.type)).toEqual(["welcome", "run", "frame"]);
    expect(Array.from(said[2]?.[1].history ?? [])).toEqual([0, 0.5]);
  });

  test("plays the recorded steps at the chosen speed, and says where it ends", async () => {
    const { said, say, last } = opened();
    await say({ type: "hello", setup: null });
    await say({ type: "speed", steps_per_second: 50 });
    await say({ type: "play" });
    for (let i = 0; i < 40; i += 1) {
      await vi.advanceTimersByTimeAsync(20);
      await say({ type: "frame" });
    }
    expect(last("frame")?.[0]).toMatchObject({ step: 10, playing: true, snapshots: 2 });
    await vi.advanceTimersByTimeAsync(10_000);
    await say({ type: "frame" });
    expect(last("frame")?.[0]).toMatchObject({ step: 500, playing: false, snapshots: 3 });
    expect(Array.from(last("frame")?.[1].history ?? [])).toHaveLength(6);
    expect(said.filter(([one]) => one.type === "error")).toEqual([]);
    await say({ type: "play" });
    expect(last("error")?.[0].message).toHaveProperty("es");
  });

  test("goes back in time, and to the beginning", async () => {
    const { say, last } = opened();
    await say({ type: "hello", setup: null });
    for (const type of ["step", "step", "frame"]) await say({ type });
    expect(last("frame")?.[0]).toMatchObject({ step: 500, at: 2 });
    await say({ type: "seek", index: 1 });
    await say({ type: "frame" });
    expect(last("frame")?.[0]).toMatchObject({ step: 10, at: 1, snapshots: 3 });
    await say({ type: "reset" });
    await say({ type: "frame" });
    expect(last("frame")?.[0]).toMatchObject({ step: 0, at: 0, snapshots: 1 });
  });

  test("opens the recording of another set-up, whatever the order of its keys", async () => {
    const { say, last } = opened();
    await say({ type: "hello", setup: null });
    const { version, ...others } = rate(5);
    await say({ type: "setup", setup: { ...others, weights: null, version }, asked: 3 });
    expect(last("run")?.[0]).toMatchObject({ run: 2, asked: 3, setup: rate(5) });
  });

  test("plays the recording that was asked for just before, and not the one before it", async () => {
    const { connection, say, last } = opened();
    await say({ type: "hello", setup: null });
    connection.send({ type: "setup", setup: rate(5), asked: 1 });
    connection.send({ type: "play" });
    await vi.advanceTimersByTimeAsync(100);
    await say({ type: "frame" });
    expect(last("frame")?.[0]).toMatchObject({ run: 2, playing: true });
  });

  test("offers the examples that there are recordings of", async () => {
    const { say, last } = opened();
    await say({ type: "hello", setup: null });
    expect(Object.keys(last("welcome")?.[0].examples as object)).toEqual(["stuck"]);
  });

  test("says what needs an engine, and keeps the set-up", async () => {
    const { say, last } = opened();
    await say({ type: "hello", setup: null });
    await say({ type: "setup", setup: rate(7), asked: 1 });
    expect(last("run")?.[0]).toMatchObject({ run: 1, asked: 1, setup: SETUP });
    expect(last("error")?.[0]).toMatchObject({ code: "recorded" });
    await say({ type: "cures" });
    expect(last("error")?.[0].message).toMatchObject({ en: expect.stringContaining("make play") });
  });

  test("answers a question that was recorded", async () => {
    const { say, last } = opened();
    await say({ type: "hello", setup: null });
    await say({ type: "doctor" });
    expect(last("doctor")?.[0]).toMatchObject({ findings: [], run: last("run")?.[0].run });
  });
});

test("equal set-ups have equal keys", () => {
  expect(setupKey({ b: 1, a: [2] })).toBe(setupKey({ a: [2], b: 1, weights: null, frozen: [] }));
});
