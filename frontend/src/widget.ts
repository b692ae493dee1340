// The widget: what a notebook loads, through anywidget. Its cell may be drawn several times, and
// other widgets may stand on the same page.

import "./app.css";
import "./notebook.css";
import type { Model } from "./model";
import { notebookPlace } from "./place";
import { show } from "./view";

async function render({ model, el }: { model: Model; el: HTMLElement }): Promise<() => void> {
  // Colours and sizes are known once the element stands in its page.
  if (!el.isConnected) await new Promise(requestAnimationFrame);
  el.classList.add("neurona");
  // Without this, JupyterLab would take a letter that is pressed in here for a command of its own.
  el.dataset["lmSuppressShortcuts"] = "true";
  const { end } = show(model, el, notebookPlace(el));
  const view = Math.random().toString(36).slice(2);
  model.send({ type: "hello", view });
  return () => {
    end();
    model.send({ type: "bye", view });
  };
}

export default { render };
