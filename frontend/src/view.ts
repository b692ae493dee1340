// The view in a box of its own; by which line its model speaks, it does not know.

import { render as draw, h } from "preact";
import { App } from "./components/App";
import type { Model } from "./model";
import type { Place } from "./place";
import { makeStore, type Store } from "./store";

export interface View {
  store: Store;
  /** Take it away again: nothing listens any more, and nothing is asked for. */
  end(): void;
}

export function show(model: Model, el: HTMLElement, place: Place): View {
  const store = makeStore(model, place);
  draw(h("div", { class: "view" }, h(App, { store })), el);
  return {
    store,
    end() {
      store.end();
      draw(null, el);
    },
  };
}
