// The widget: what a notebook loads, through anywidget. Its cell may be drawn several times, and
// other widgets may stand on the same page.

import "./app.css";
import "./notebook.css";
import type { Model } from "./model";
import { notebookPlace } from "./place";
import { show } from "./view";

/** JupyterLab takes a letter for a command of its own, unless the focused element itself says no. */
function keepKeys(event: FocusEvent): void {
  if (event.target instanceof HTMLElement) event.target.dataset.lmSuppressShortcuts = "true";
}

async function render({ model, el }: { model: Model; el: HTMLElement }): Promise<() => void> {
  // Colours and sizes are known once the element stands in its page.
  if (!el.isConnected) await new Promise(requestAnimationFrame);
  el.classList.add("neurona");
  el.addEventListener("focusin", keepKeys);
  const { end } = show(model, el, notebookPlace(el));
  const view = Math.random().toString(36).slice(2);
  model.send({ type: "hello", view });
  return () => {
    end();
    el.removeEventListener("focusin", keepKeys);
    model.send({ type: "bye", view });
  };
}

export default { render };
