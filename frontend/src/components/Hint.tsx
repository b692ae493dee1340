// A callout: one sentence beside what it speaks of, until it is put away.

import type { HintName } from "../state/hints";
import type { Store } from "../state/store";

export function Hint({ store, name }: { store: Store; name: HintName }) {
  const { hints, text, run, hidden } = store;
  const { images, series } = text.value;
  const kind = run.value?.layers?.[0]?.kind;
  const words = kind === "Series" ? series.hint : kind ? images.hint : text.value.hint;
  const fixed = kind === "Image" && name === "picture" && hidden.includes("pad");
  if (!hints.shown.value.includes(name)) return null;
  return (
    <p class={`hint on-${name}`}>
      {fixed ? `${images.picture}.` : words[name]}
      <button
        type="button"
        aria-label={text.value.shell.put_away}
        onClick={() => hints.dismiss(name)}
      >
        ×
      </button>
    </p>
  );
}
