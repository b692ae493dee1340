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
  onclose = (_: { code: number }) => {};
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

  close(code = 1006): void {
    this.readyState = 3;
    this.onclose({ code });
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

test("a lost connection is retried with growing delays, which a success resets", async () => {
  const said: string[] = [];
  new SocketConnection("ws://here/socket", (status) => said.push(status));
  last().open();
  for (const wait of [500, 1000, 2000, 4000, 5000, 5000]) {
    const before = sockets().length;
    last().close();
    vi.advanceTimersByTime(wait - 1);
    expect(sockets()).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets()).toHaveLength(before + 1);
    expect(last().address).toBe("ws://here/socket");
  }
  last().open();
  last().close();
  await vi.advanceTimersByTimeAsync(500);
  expect(sockets()).toHaveLength(8);
  expect(said).toEqual(["open", ...Array(6).fill("lost"), "open", "lost"]);
});

test("a server that refuses the page is asked no more", async () => {
  const said: string[] = [];
  let refused = false;
  const isRefused = () => Promise.resolve(refused);
  new SocketConnection("ws://here/socket", (status) => said.push(status), isRefused);
  last().close();
  await vi.advanceTimersByTimeAsync(500);
  expect(sockets()).toHaveLength(2); // it was not there: it may come back
  refused = true;
  last().close();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(sockets()).toHaveLength(2);
  expect(said).toEqual(["lost", "lost", "refused"]);
});

test("a full room is asked again after a while", async () => {
  new SocketConnection("ws://here/socket", () => {});
  last().open();
  last().close(1013);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(sockets()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(sockets()).toHaveLength(2);
});

test("messages go through the open socket, and nowhere without one", async () => {
  const model = new SocketConnection("ws://here/socket", () => {});
  model.send({ type: "play" });
  expect(last().sent).toEqual([]);
  last().open();
  model.send({ type: "play" });
  last().close();
  model.send({ type: "pause" });
  await vi.advanceTimersByTimeAsync(500);
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
