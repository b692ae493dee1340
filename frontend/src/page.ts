// Entry point of the page: the playground over a WebSocket.

import "./styles/page.css";
import "./styles/app.css";
import { pageHost } from "./host";
import { mount } from "./mount";
import { type ConnectionStatus, SocketConnection } from "./server/connection";

/** Whether the server is there, but with another token than the one that let this page in. */
async function isRefused(): Promise<boolean> {
  try {
    return (await fetch("/", { method: "HEAD", cache: "no-store" })).status === 403;
  } catch {
    return false; // it is not there
  }
}

const address = `${location.origin.replace("http", "ws")}/socket`;
const el = document.getElementById("neurona");
if (el) {
  let setStatus = (_: ConnectionStatus) => {};
  const connection = new SocketConnection(address, (status) => setStatus(status), isRefused);
  const { store } = mount(connection, el, pageHost());
  store.hello();
  setStatus = store.setStatus;
}
