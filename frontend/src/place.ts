// Where the view stands: on a page of its own, or in a notebook that belongs to somebody else.

export interface Place {
  /** Whether the address, what is kept, and the keys of the whole page are the view's own. */
  readonly own: boolean;
  /** Wears the theme and the language. */
  readonly root: HTMLElement;
  /** Where keys are heard. */
  readonly keys: EventTarget;
  /** Tell whether it is dark around the view, at once and at every change; returns how to stop. */
  watch(tell: (dark: boolean) => void): () => void;
}

const system = () => matchMedia("(prefers-color-scheme: dark)");

export function pagePlace(): Place {
  return {
    own: true,
    root: document.documentElement,
    keys: window,
    watch(tell) {
      const darkness = system();
      const look = () => tell(darkness.matches);
      look();
      darkness.addEventListener("change", look);
      return () => darkness.removeEventListener("change", look);
    },
  };
}

/** Every notebook names its theme in a way of its own; what they share is the colour behind a cell. */
export function notebookPlace(el: HTMLElement): Place {
  return {
    own: false,
    root: el,
    keys: el,
    watch(tell) {
      const darkness = system();
      const look = () => tell(darkBehind(el) ?? darkness.matches);
      look();
      darkness.addEventListener("change", look);
      const themes = new MutationObserver(look);
      for (const one of [document.documentElement, document.body]) {
        themes.observe(one, { attributes: true });
      }
      const shown = new ResizeObserver(look); // it may have been drawn before it was shown
      shown.observe(el);
      return () => {
        darkness.removeEventListener("change", look);
        themes.disconnect();
        shown.disconnect();
      };
    },
  };
}

/** Whether the first opaque ground behind an element is dark; null, where there is none. */
function darkBehind(el: Element): boolean | null {
  for (let at = parentOf(el); at; at = parentOf(at)) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = bytesOf(getComputedStyle(at).backgroundColor);
    if (alpha > 127) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }
  return null;
}

function parentOf(el: Element): Element | null {
  const root = el.getRootNode();
  return el.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

/** A colour as a style sheet may write it (rgb, oklch, color-mix) is read from a pixel. */
function bytesOf(color: string): Uint8ClampedArray | [] {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  if (!context) return [];
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}
