// One short line about what a change has done, for a few seconds, with a way to undo it. It lies
// over the page and moves nothing.

import { useEffect } from "preact/hooks";
import type { Store } from "../state/store";

const SHOWN = 8000; // milliseconds

export function Notice({ store }: { store: Store }) {
  const { notice, text } = store;
  const now = notice.value;
  useEffect(() => {
    if (!now) return;
    const soon = setTimeout(() => {
      if (notice.peek() === now) notice.value = null;
    }, SHOWN);
    return () => clearTimeout(soon);
  }, [now]);
  return (
    <div class="notices" role="status" aria-live="polite">
      {now && (
        <p class="notice">
          {now.says(text.value)}
          {now.undo && (
            <button
              type="button"
              class="flat"
              onClick={() => {
                notice.value = null;
                now.undo?.();
              }}
            >
              {text.value.shell.undo}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
