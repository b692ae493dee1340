// Entry point of the notebook's widget, loaded by anywidget. A cell may be rendered several times,
// beside other widgets.

import "./styles/app.css";
import "./styles/notebook.css";
import { notebookHost } from "./host";
import { mount } from "./mount";
import type { Connection } from "./server/connection";

/** JupyterLab takes letters for its shortcuts, unless the focused element opts out. */
function keepKeys(event: FocusEvent): void {
  if (event.target instanceof HTMLElement) event.target.dataset.lmSuppressShortcuts = "true";
}

async function render({ model, el }: { model: Connection; el: HTMLElement }): Promise<() => void> {
  // Colors and sizes are known once the element is connected.
  if (!el.isConnected) await new Promise(requestAnimationFrame);
  el.classList.add("neurona");
  el.addEventListener("focusin", keepKeys);
  const { unmount: end } = mount(model, el, notebookHost(el));
  const view = Math.random().toString(36).slice(2);
  model.send({ type: "hello", view });
  return () => {
    end();
    el.removeEventListener("focusin", keepKeys);
    model.send({ type: "bye", view });
  };
}

export default { render };
