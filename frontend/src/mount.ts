// Mounts the view in an element, over any connection.

import { render as draw, h } from "preact";
import { App } from "./components/App";
import type { Host } from "./host";
import type { Connection } from "./server/connection";
import { makeStore, type Store } from "./state/store";

export interface MountedView {
  store: Store;
  /** Remove the view, its listeners and its requests. */
  unmount(): void;
}

export function mount(connection: Connection, el: HTMLElement, host: Host): MountedView {
  const store = makeStore(connection, host);
  draw(h("div", { class: "view" }, h(App, { store })), el);
  return {
    store,
    unmount() {
      store.dispose();
      draw(null, el);
    },
  };
}
