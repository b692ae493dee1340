// Entry point of the page: the playground over a WebSocket.

import "./styles/page.css";
import "./styles/app.css";
import { pageHost } from "./host";
import { mount } from "./mount";
import { SocketConnection } from "./server/connection";

const address = `${location.origin.replace("http", "ws")}/socket`;
const el = document.getElementById("neurona");
if (el) {
  let setOnline = (_: boolean) => {};
  const connection = new SocketConnection(address, (open) => setOnline(open));
  const { store } = mount(connection, el, pageHost());
  store.hello();
  setOnline = store.setOnline;
}
