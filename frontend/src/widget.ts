// The view in a box of its own; by which line its model speaks, it does not know.

import { h, render as draw } from "preact";
import { App } from "./components/App";
import type { Model } from "./model";
import { makeStore, type Store } from "./store";

export function render({ model, el }: { model: Model; el: HTMLElement }): Store {
  const store = makeStore(model);
  draw(h(App, { store }), el);
  store.hello();
  return store;
}

export default { render };
