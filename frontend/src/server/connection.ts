// The connection to the training: anywidget's model in a notebook, a WebSocket with the same
// interface on the page.

import { decode, type Message } from "./encoding";

export type MessageListener = (message: Message, buffers: DataView[]) => void;
export interface Connection {
  send(message: object): void;
  on(event: "msg:custom", listener: MessageListener): void;
  off(event: "msg:custom", listener: MessageListener): void;
}

/** The server refuses this page: its token is of another start. */
export type ConnectionStatus = "open" | "lost" | "refused";

const RETRY_DELAYS = [500, 1000, 2000, 4000, 5000];
const FULL_DELAY = 10_000; // until somebody has left a full room, perhaps
const TRY_AGAIN_LATER = 1013; // the server's code for a full room

/** A connection over a WebSocket, which reconnects with growing delays. Where the handshake fails,
 * `isRefused` finds out whether the server is there and refuses it: then it tries no more. */
export class SocketConnection implements Connection {
  private readonly listeners = new Set<MessageListener>();
  private socket: WebSocket | null = null;
  private tries = 0;

  constructor(
    private readonly address: string,
    private readonly onStatus: (status: ConnectionStatus) => void,
    private readonly isRefused: () => Promise<boolean> = () => Promise.resolve(false),
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
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.tries = 0;
      this.onStatus("open");
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      const { message, buffers } = decode(event.data);
      for (const listener of this.listeners) listener(message, buffers);
    };
    socket.onclose = (event: CloseEvent) => {
      this.onStatus("lost");
      const wait = RETRY_DELAYS[Math.min(this.tries, RETRY_DELAYS.length - 1)] ?? 0;
      this.tries += 1;
      setTimeout(
        () => void this.retry(!opened),
        event.code === TRY_AGAIN_LATER ? FULL_DELAY : wait,
      );
    };
  }

  private async retry(failed: boolean): Promise<void> {
    if (failed && (await this.isRefused())) this.onStatus("refused");
    else this.open();
  }
}
