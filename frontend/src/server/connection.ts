// The connection to the training: anywidget's model in a notebook, a WebSocket with the same
// interface on the page.

import { decode, type Message } from "./encoding";

export type MessageListener = (message: Message, buffers: DataView[]) => void;
export interface Connection {
  send(message: object): void;
  on(event: "msg:custom", listener: MessageListener): void;
  off(event: "msg:custom", listener: MessageListener): void;
}

const RETRY_DELAYS = [500, 1000, 2000, 4000, 5000];

/** A connection over a WebSocket, which reconnects with growing delays. */
export class SocketConnection implements Connection {
  private readonly listeners = new Set<MessageListener>();
  private socket: WebSocket | null = null;
  private tries = 0;

  constructor(
    private readonly address: string,
    private readonly onStatus: (open: boolean) => void,
  ) {
    this.open();
  }

  send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  on(_: "msg:custom", listener: MessageListener): void {
    this.listeners.add(listener);
  }

  off(_: "msg:custom", listener: MessageListener): void {
    this.listeners.delete(listener);
  }

  private open(): void {
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.tries = 0;
      this.onStatus(true);
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      const { message, buffers } = decode(event.data);
      for (const listener of this.listeners) listener(message, buffers);
    };
    socket.onclose = () => {
      this.onStatus(false);
      const wait = RETRY_DELAYS[Math.min(this.tries, RETRY_DELAYS.length - 1)];
      this.tries += 1;
      setTimeout(() => this.open(), wait);
    };
  }
}
