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

export function makeTable(model: Model, refuse: (file: File) => void) {
  const table = signal<Table | null>(null);
  let sent: { name: string; text: string } | null = null;

  const send = (name: string, text: string, chosen: Partial<Table> = {}) => {
    sent = { name, text };
    model.send({ type: "table", text, ...chosen });
  };
  return {
    table,
    async open(file: File): Promise<void> {
      if (file.size > MOST_BYTES) refuse(file);
      else send(file.name, await file.text());
    },
    choose(chosen: Partial<Pick<Table, "x1" | "x2" | "target">>): void {
      const now = table.value;
      if (!now) return;
      const { x1, x2, target } = { ...now, ...chosen };
      send(now.name, now.text, { x1, x2, target });
    },
    hear(content: Content): void {
      if (content.type === "table" && sent) {
        table.value = { ...(content as unknown as Table), ...sent };
      }
    },
  };
}
