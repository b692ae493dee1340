// A custom CSV file, chosen or dropped, and its columns.

import type { Store } from "../state/store";
import { Select } from "./controls";

export function CsvTable({ store }: { store: Store }) {
  const { text, setup, table } = store;
  const t = text.value;
  const shown = setup.value.data.kind === "own" ? table.current.value : null;
  const names = Object.keys(shown?.columns ?? {});
  const numeric = names.filter((name) => shown?.columns[name]);
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
            e.currentTarget.value = ""; // allows opening the same file again after an edit
            if (file) void table.open(file);
          }}
        />
      </label>
      {shown && (
        <div role="group" aria-label={shown.name}>
          <p class="facts">
            {shown.name} · {t.scaled}
          </p>
          <Select
            label="x₁"
            value={shown.x1}
            options={numeric}
            onChange={(x1) => table.choose({ x1 })}
          />
          <Select
            label="x₂"
            value={shown.x2}
            options={numeric}
            onChange={(x2) => table.choose({ x2 })}
          />
          <Select
            label={t.target}
            value={shown.target}
            options={names}
            onChange={(target) => table.choose({ target })}
          />
        </div>
      )}
    </div>
  );
}
