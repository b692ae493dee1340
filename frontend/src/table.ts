// A table of one's own: its text stays here, so that other columns of it can be chosen.

import { signal } from "@preact/signals";
import type { Model } from "./model";
import type { Content } from "./wire";

export interface Table {
  name: string;
  text: string;
  columns: Record<string, boolean>; // whether a column holds numbers only
  x1: string;
  x2: string;
  target: string;
}

export const MOST_BYTES = 200_000; // a message has its limit; 2,000 rows are 60,000

/** What a spreadsheet writes: UTF-8, UTF-16 with its mark, or else Western Europe's Windows-1252. */
export function textOf(bytes: Uint8Array): string {
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : null;
  if (mark) return new TextDecoder(mark).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

type Columns = Partial<Pick<Table, "x1" | "x2" | "target">>;

export function makeTable(model: Model, refuse: (file: File) => void) {
  const shown = signal<Table | null>(null);
  let sent: { name: string; text: string; columns: Columns } | null = null; // until the answer

  const send = (name: string, text: string, columns: Columns = {}) => {
    sent = { name, text, columns };
    model.send({ type: "table", text, ...columns });
  };
  return {
    shown,
    async open(file: File): Promise<void> {
      if (file.size > MOST_BYTES) refuse(file);
      else send(file.name, textOf(new Uint8Array(await file.arrayBuffer())));
    },
    choose(chosen: Columns): void {
      const now = shown.value;
      if (!now) return;
      const { x1, x2, target } = { ...now, ...sent?.columns };
      // A column has one part to play: who had it before gets another from the server.
      const others = Object.entries({ x1, x2, target }).filter(
        ([, column]) => !Object.values(chosen).includes(column),
      );
      send(now.name, now.text, { ...Object.fromEntries(others), ...chosen });
    },
    hear(content: Content): void {
      if (content.type === "table" && sent) {
        const { name, text } = sent;
        shown.value = { ...(content as unknown as Table), name, text };
      }
      if (content.type === "table" || content.type === "error") sent = null;
    },
  };
}
