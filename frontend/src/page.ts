// The page: the same view as in a notebook, over a WebSocket.

import "./page.css";
import "./app.css";
import { SocketModel } from "./model";
import { pagePlace } from "./place";
import { show } from "./view";

const address = `${location.origin.replace("http", "ws")}/socket`;
const el = document.getElementById("neurona");
if (el) {
  let line = (_: boolean) => {};
  const model = new SocketModel(address, (open) => line(open));
  const { store } = show(model, el, pagePlace());
  store.hello();
  line = store.line;
}
