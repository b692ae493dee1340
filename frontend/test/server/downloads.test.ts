import { describe, expect, test } from "vitest";
import type { Connection, MessageListener } from "../../src/server/connection";
import { makeDownloads } from "../../src/server/downloads";

function line() {
  const listeners: MessageListener[] = [];
  const sent: object[] = [];
  const model: Connection = {
    send: (message) => sent.push(message),
    on: (_, listener) => {
      listeners.push(listener);
    },
    off: () => {},
  };
  const say = (message: { type: string }, ...bytes: number[]) => {
    const whole = {
      ...message,
      arrays: [{ name: "bytes", dtype: "uint8", shape: [bytes.length] }],
    };
    const view = new DataView(new Uint8Array([9, ...bytes, 9]).buffer, 1, bytes.length);
    for (const listener of listeners) listener(whole, [view]);
  };
  return { model, sent, say };
}
const file = { type: "file", name: "playground.py", mime: "text/x-python" };

describe("a download", () => {
  test("is requested in a language, and holds the bytes of the response alone", async () => {
    const { model, sent, say } = line();
    const asked = makeDownloads(model).request("code", "es", "dark");
    expect(sent).toEqual([{ type: "download", what: "code", language: "es", theme: "dark" }]);
    say({ type: "frame" });
    say(file, 1, 2, 3);
    const taken = await asked;
    expect(taken).toMatchObject({ name: "playground.py", mime: "text/x-python" });
    expect(Array.from(taken?.bytes ?? [])).toEqual([1, 2, 3]);
    expect(taken?.bytes.buffer.byteLength).toBe(3);
  });

  test("is requested one at a time", async () => {
    const { model, sent, say } = line();
    const taker = makeDownloads(model);
    const first = taker.request("gif", "en", "light");
    expect(await taker.request("code", "en", "light")).toBeNull();
    expect(sent).toHaveLength(1);
    say(file, 1);
    expect((await first)?.bytes).toHaveLength(1);
    void taker.request("code", "en", "light");
    expect(sent).toHaveLength(2);
  });

  test("is null if the server refuses or the connection is lost", async () => {
    const { model, say } = line();
    const taker = makeDownloads(model);
    const refused = taker.request("gif", "en", "light");
    say({ type: "error", code: "value" } as { type: string }); // of something else
    say({ type: "error", code: "download" } as { type: string });
    expect(await refused).toBeNull();
    const lost = taker.request("gif", "en", "light");
    taker.cancel();
    expect(await lost).toBeNull();
    say(file, 1); // too late: nobody waits
  });
});
