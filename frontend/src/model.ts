// What carries messages: in a notebook it is anywidget's model, on the page a WebSocket that looks
// the same.

import { type Content, decode } from "./wire";

export type Listener = (content: Content, buffers: DataView[]) => void;
export interface Model {
  send(content: object): void;
  on(event: "msg:custom", listener: Listener): void;
  off(event: "msg:custom", listener: Listener): void;
}

const WAITS = [500, 1000, 2000, 4000, 5000];

/** A model over a WebSocket; when the line is lost it tries again, ever more patiently. */
export class SocketModel implements Model {
  private readonly listeners = new Set<Listener>();
  private socket: WebSocket | null = null;
  private tries = 0;

  constructor(
    private readonly address: string,
    private readonly onLine: (open: boolean) => void,
  ) {
    this.open();
  }

  send(content: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(content));
  }

  on(_: "msg:custom", listener: Listener): void {
    this.listeners.add(listener);
  }

  off(_: "msg:custom", listener: Listener): void {
    this.listeners.delete(listener);
  }

  private open(): void {
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.tries = 0;
      this.onLine(true);
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      const { content, buffers } = decode(event.data);
      for (const listener of this.listeners) listener(content, buffers);
    };
    socket.onclose = () => {
      this.onLine(false);
      const wait = WAITS[Math.min(this.tries, WAITS.length - 1)];
      this.tries += 1;
      setTimeout(() => this.open(), wait);
    };
  }
}
