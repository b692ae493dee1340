// Files from the server: one is asked for at a time, and saved as a download.

import type { Language } from "./i18n";
import type { Model } from "./model";
import { arraysOf, type Content } from "./wire";

export type What = "code" | "notebook" | "model" | "gif";
export interface Taken {
  name: string;
  mime: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export type Taker = ReturnType<typeof makeTaker>;

/** Ask by a model; null is the answer when the server refuses, or the line is lost meanwhile. */
export function makeTaker(model: Model) {
  let answered: ((taken: Taken | null) => void) | null = null;
  const answer = (taken: Taken | null) => {
    answered?.(taken);
    answered = null;
  };
  model.on("msg:custom", (content: Content, buffers: DataView[]) => {
    if (content.type === "file") {
      const bytes = arraysOf(content, buffers).bytes;
      // A copy: a view of the message would keep all of it, and a Blob takes no shared memory.
      answer(
        bytes instanceof Uint8Array
          ? { name: String(content.name), mime: String(content.mime), bytes: bytes.slice() }
          : null,
      );
    }
    if (content.type === "error" && content.code === "take") answer(null);
  });
  return {
    take(what: What, language: Language, theme: string): Promise<Taken | null> {
      if (answered) return Promise.resolve(null);
      return new Promise((resolve) => {
        answered = resolve;
        model.send({ type: "take", what, language, theme });
      });
    },
    /** Nothing comes any more of what was asked for. */
    lost: () => answer(null),
  };
}

/** Save as the browser saves what is downloaded. */
export function download({ name, mime, bytes }: Taken): void {
  save(new Blob([bytes], { type: mime }), name);
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // the download has begun by then
}

/** The surface with its points as a picture; null where the page shows none. */
export function picture(root: HTMLElement): Promise<Blob | null> {
  const [answers, points] = root.querySelectorAll<HTMLCanvasElement>(".surface canvas");
  const whole = document.createElement("canvas");
  const context = whole.getContext("2d");
  if (!answers || !points || !context) return Promise.resolve(null);
  whole.width = whole.height = points.width;
  context.drawImage(answers, 0, 0, whole.width, whole.height);
  context.drawImage(points, 0, 0);
  return new Promise((resolve) => whole.toBlob(resolve, "image/png"));
}
