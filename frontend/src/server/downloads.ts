// Files from the server: requested one at a time, and saved as downloads.

import type { Language } from "../i18n";
import type { Connection } from "./connection";
import { arraysOf, type Message } from "./encoding";

export type DownloadKind = "code" | "numpy" | "notebook" | "model" | "gif";
export interface Download {
  name: string;
  mime: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export type Downloads = ReturnType<typeof makeDownloads>;

/** Requests resolve to null if the server refuses or the connection is lost. */
export function makeDownloads(connection: Connection) {
  let resolvePending: ((taken: Download | null) => void) | null = null;
  const answer = (taken: Download | null) => {
    resolvePending?.(taken);
    resolvePending = null;
  };
  connection.on("msg:custom", (message: Message, buffers: DataView[]) => {
    if (message.type === "file") {
      const bytes = arraysOf(message, buffers).bytes;
      // A copy: a view would keep the whole message alive, and a Blob takes no shared memory.
      answer(
        bytes instanceof Uint8Array
          ? { name: String(message.name), mime: String(message.mime), bytes: bytes.slice() }
          : null,
      );
    }
    if (message.type === "error" && message.code === "download") answer(null);
  });
  return {
    request(what: DownloadKind, language: Language, theme: string): Promise<Download | null> {
      if (resolvePending) return Promise.resolve(null);
      return new Promise((resolve) => {
        resolvePending = resolve;
        connection.send({ type: "download", what, language, theme });
      });
    },
    /** Give up on the pending request. */
    cancel: () => answer(null),
  };
}

/** Save a file as a download of the browser. */
export function saveDownload({ name, mime, bytes }: Download): void {
  saveBlob(new Blob([bytes], { type: mime }), name);
}

export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // the download has begun by then
}

/** The surface with its points as a PNG; null where the page shows none. */
export function surfaceImage(root: HTMLElement): Promise<Blob | null> {
  const [answers, points] = root.querySelectorAll<HTMLCanvasElement>(".surface canvas");
  const whole = document.createElement("canvas");
  const context = whole.getContext("2d");
  if (!answers || !points || !context) return Promise.resolve(null);
  whole.width = whole.height = points.width;
  context.drawImage(answers, 0, 0, whole.width, whole.height);
  context.drawImage(points, 0, 0);
  return pngOf(whole);
}

/** The maps of a network on images as a PNG, on the page's paper; null where the page shows none. */
export function mapsImage(root: HTMLElement): Promise<Blob | null> {
  const maps = root.querySelector<HTMLCanvasElement>(".maps .scene");
  const whole = document.createElement("canvas");
  const context = whole.getContext("2d");
  if (!maps || !context) return Promise.resolve(null);
  whole.width = maps.width;
  whole.height = maps.height;
  context.fillStyle = getComputedStyle(maps).getPropertyValue("--paper");
  context.fillRect(0, 0, whole.width, whole.height);
  context.drawImage(maps, 0, 0);
  return pngOf(whole);
}

/** Null where the browser has no room for it. */
export function pngOf(canvas: HTMLCanvasElement): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
