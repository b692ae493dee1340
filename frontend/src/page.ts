// The page: the same view as in a notebook, over a WebSocket.

import "./app.css";
import { SocketModel } from "./model";
import { render } from "./widget";

const address = `${location.origin.replace("http", "ws")}/socket`;
const el = document.getElementById("neurona");
if (el) {
  let line = (_: boolean) => {};
  const model = new SocketModel(address, (open) => line(open));
  line = render({ model, el }).line;
}
