// What went wrong: the connection, the training process, a set-up that does not fit.

import type { Store } from "../state/store";

export function Messages({ store }: { store: Store }) {
  const { text, language, error, stopped, online, refusal, run } = store;
  const t = text.value;
  return (
    <div class="banners" role="status" aria-live="polite">
      {refusal.value && (
        <p class={`banner ${run.value ? "" : "alone"}`}>
          {refusal.value[language.value]}
          <button type="button" onClick={() => location.reload()}>
            {t.classroom.again}
          </button>
        </p>
      )}
      {!online.value && !refusal.value && <p class="banner">{t.lost}</p>}
      {stopped.value && (
        <p class="banner">
          {stopped.value[language.value]}
          <button type="button" onClick={store.restart}>
            {t.restart}
          </button>
        </p>
      )}
      {error.value && (
        <p class="banner">
          {error.value[language.value]}
          <button
            type="button"
            onClick={() => {
              error.value = null;
            }}
          >
            {t.dismiss}
          </button>
        </p>
      )}
    </div>
  );
}
