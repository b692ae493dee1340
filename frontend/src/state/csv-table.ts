// A custom table. Its text stays here, so that other columns can be chosen.

import { type Signal, signal } from "@preact/signals";
import type { Connection } from "../server/connection";
import type { Message } from "../server/encoding";
import type { Limits } from "../server/messages";

export interface CsvTable {
  name: string;
  text: string;
  columns: Record<string, boolean>; // whether a column is numeric
  x1: string;
  x2: string;
  target: string;
}

/** Decode a spreadsheet's file: UTF-8, UTF-16, or else Windows-1252. */
export function decodeText(bytes: Uint8Array): string {
  // Without a byte order mark, NULs tell UTF-16: its first letter is Latin.
  const [first, second] = bytes;
  const little = (first === 0xff && second === 0xfe) || (first && second === 0);
  const big = (first === 0xfe && second === 0xff) || (first === 0 && second);
  if (little || big) return new TextDecoder(little ? "utf-16le" : "utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

type Columns = Partial<Pick<CsvTable, "x1" | "x2" | "target">>;

export function makeCsvTable(
  connection: Connection,
  limits: Signal<Pick<Limits, "table">>,
  refuse: (file: File) => void,
) {
  const current = signal<CsvTable | null>(null);
  let sent: { name: string; text: string; columns: Columns } | null = null; // until the response

  const send = (name: string, text: string, columns: Columns = {}) => {
    sent = { name, text, columns };
    connection.send({ type: "table", text, ...columns });
  };
  return {
    current,
    async open(file: File): Promise<void> {
      if (file.size > limits.value.table.most) refuse(file);
      else send(file.name, decodeText(new Uint8Array(await file.arrayBuffer())));
    },
    choose(chosen: Columns): void {
      const now = current.value;
      if (!now) return;
      const { x1, x2, target } = { ...now, ...sent?.columns };
      // A column has one role: the server finds another column for its previous role.
      const others = Object.entries({ x1, x2, target }).filter(
        ([, column]) => !Object.values(chosen).includes(column),
      );
      send(now.name, now.text, { ...Object.fromEntries(others), ...chosen });
    },
    receive(message: Message): void {
      if (message.type === "table" && sent) {
        const { name, text } = sent;
        current.value = { ...(message as unknown as CsvTable), name, text };
      }
      if (message.type === "table" || message.type === "error") sent = null;
    },
  };
}
