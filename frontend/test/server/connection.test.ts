import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SocketConnection } from "../../src/server/connection";

/** A WebSocket that opens, speaks and closes when the test says so. */
class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  binaryType = "";
  sent: string[] = [];
  onopen = () => {};
  onclose = () => {};
  onmessage = (_: { data: ArrayBuffer }) => {};

  constructor(readonly address: string) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  open(): void {
    this.readyState = 1;
    this.onopen();
  }

  close(): void {
    this.readyState = 3;
    this.onclose();
  }
}

const sockets = () => FakeSocket.all;
const last = () => sockets().at(-1) as FakeSocket;

beforeEach(() => {
  FakeSocket.all = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a lost connection is retried with growing delays, which a success resets", () => {
  const said: boolean[] = [];
  new SocketConnection("ws://here/socket", (open) => said.push(open));
  last().open();
  for (const wait of [500, 1000, 2000, 4000, 5000, 5000]) {
    const before = sockets().length;
    last().close();
    vi.advanceTimersByTime(wait - 1);
    expect(sockets()).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(sockets()).toHaveLength(before + 1);
    expect(last().address).toBe("ws://here/socket");
  }
  last().open();
  last().close();
  vi.advanceTimersByTime(500);
  expect(sockets()).toHaveLength(8);
  expect(said).toEqual([true, ...Array(6).fill(false), true, false]);
});

test("messages go through the open socket, and nowhere without one", () => {
  const model = new SocketConnection("ws://here/socket", () => {});
  model.send({ type: "play" });
  expect(last().sent).toEqual([]);
  last().open();
  model.send({ type: "play" });
  last().close();
  model.send({ type: "pause" });
  vi.advanceTimersByTime(500);
  last().open();
  model.send({ type: "step" });
  expect(sockets().map((one) => one.sent)).toEqual([['{"type":"play"}'], ['{"type":"step"}']]);
});

test("a message reaches the listeners, but not removed ones", () => {
  const model = new SocketConnection("ws://here/socket", () => {});
  const heard: string[] = [];
  const listener = ({ type }: { type: string }) => heard.push(type);
  const json = '{"type":"error"} '.padEnd(20);
  const data = new ArrayBuffer(4 + json.length);
  new DataView(data).setUint32(0, json.length, true);
  new Uint8Array(data, 4).set(new TextEncoder().encode(json));
  model.on("msg:custom", listener);
  last().onmessage({ data });
  model.off("msg:custom", listener);
  last().onmessage({ data });
  expect(heard).toEqual(["error"]);
});
