import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import type { Connection } from "../../src/server/connection";
import type { Message } from "../../src/server/encoding";
import { decodeText, makeCsvTable } from "../../src/state/csv-table";

function opened() {
  const sent: Record<string, unknown>[] = [];
  const refused: File[] = [];
  const model = {
    send: (message: object) => {
      sent.push(message as Record<string, unknown>);
    },
    on() {},
    off() {},
  } satisfies Connection;
  const table = makeCsvTable(model, signal({ table: { most: 1000 } }), (file) => {
    refused.push(file);
  });
  const answer = (chosen: object) =>
    table.receive({
      type: "table",
      columns: { a: true, b: true, c: true, kind: false },
      ...chosen,
    } as Message);
  return { table, sent, refused, answer };
}

test("a file is sent, and the server's columns are kept with its text", async () => {
  const { table, sent, answer } = opened();
  await table.open(new File(["a,b,c,kind"], "pets.csv"));
  expect(sent).toEqual([{ type: "table", text: "a,b,c,kind" }]);
  answer({ x1: "a", x2: "b", target: "kind" });
  expect(table.current.value).toMatchObject({ name: "pets.csv", text: "a,b,c,kind", x2: "b" });
});

test("a text is decoded as a spreadsheet encodes it", () => {
  const text = "año,tamaño";
  const utf16 = (little: boolean) => {
    const view = new DataView(new ArrayBuffer(2 * (text.length + 1)));
    [...`\ufeff${text}`].forEach((one, i) => {
      view.setUint16(2 * i, one.charCodeAt(0), little);
    });
    return new Uint8Array(view.buffer);
  };
  const utf8 = new TextEncoder().encode(text);
  const windows = Uint8Array.from(text, (one) => one.charCodeAt(0)); // ñ is 0xf1 there
  for (const bytes of [
    utf8,
    Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8),
    utf16(true),
    utf16(false),
    utf16(true).slice(2),
    utf16(false).slice(2),
    windows,
  ])
    expect(decodeText(bytes)).toBe(text);
  expect(decodeText(new Uint8Array())).toBe("");
});

test("a file that is too large is not sent", async () => {
  const { table, sent, refused } = opened();
  await table.open(new File(["x".repeat(1001)], "large.csv"));
  expect(sent).toEqual([]);
  expect(refused.map((file) => file.name)).toEqual(["large.csv"]);
});

test("two choices in a row are both kept before the first response", async () => {
  const { table, sent, answer } = opened();
  await table.open(new File([""], "pets.csv"));
  answer({ x1: "a", x2: "b", target: "kind" });
  table.choose({ x2: "c" });
  table.choose({ target: "b" });
  expect(sent.at(-1)).toMatchObject({ x1: "a", x2: "c", target: "b" });
});

test("a column with a new role leaves its previous role to the server", async () => {
  const { table, sent, answer } = opened();
  await table.open(new File([""], "pets.csv"));
  answer({ x1: "a", x2: "b", target: "kind" });
  table.choose({ target: "b" });
  expect(sent.at(-1)).toEqual({ type: "table", text: "", x1: "a", target: "b" });
  table.receive({ type: "error" } as Message);
  table.choose({ x1: "c" });
  expect(sent.at(-1)).toMatchObject({ x1: "c", x2: "b", target: "kind" });
});
