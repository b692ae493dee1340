// A CSV file of one's own, chosen or dropped, and which of its columns are shown.

import type { Store } from "../store";
import { Choice } from "./controls";

export function Table({ store }: { store: Store }) {
  const { text, setup, table } = store;
  const t = text.value;
  const now = setup.value.data.kind === "own" ? table.shown.value : null;
  const names = Object.keys(now?.columns ?? {});
  const numeric = names.filter((name) => now?.columns[name]);
  return (
    <div class="table">
      <label class="file">
        <span>{t.csv}</span>
        <input
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          class="chooser"
          onChange={(e) => {
            const file = e.currentTarget.files?.[0];
            e.currentTarget.value = ""; // the same file may be opened again when it was mended
            if (file) void table.open(file);
          }}
        />
      </label>
      {now && (
        <div role="group" aria-label={now.name}>
          <p class="facts">
            {now.name} · {t.scaled}
          </p>
          <Choice
            label="x₁"
            value={now.x1}
            options={numeric}
            onChange={(x1) => table.choose({ x1 })}
          />
          <Choice
            label="x₂"
            value={now.x2}
            options={numeric}
            onChange={(x2) => table.choose({ x2 })}
          />
          <Choice
            label={t.target}
            value={now.target}
            options={names}
            onChange={(target) => table.choose({ target })}
          />
        </div>
      )}
    </div>
  );
}
