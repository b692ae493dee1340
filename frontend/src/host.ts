// What hosts the view: its own page, or a notebook.

export interface Host {
  /** Whether the view may use the address, local storage and the keys of the whole page. */
  readonly ownsPage: boolean;
  /** Carries the theme and the language. */
  readonly root: HTMLElement;
  /** Receives keyboard events. */
  readonly keyTarget: EventTarget;
  /** Report whether the surroundings are dark, now and at every change; returns a way to stop. */
  watchDarkness(tell: (dark: boolean) => void): () => void;
}

const system = () => matchMedia("(prefers-color-scheme: dark)");

export function pageHost(): Host {
  return {
    ownsPage: true,
    root: document.documentElement,
    keyTarget: window,
    watchDarkness(tell) {
      const darkness = system();
      const look = () => tell(darkness.matches);
      look();
      darkness.addEventListener("change", look);
      return () => darkness.removeEventListener("change", look);
    },
  };
}

/** Notebooks share no way to name their theme; all have a background color behind a cell. */
export function notebookHost(el: HTMLElement): Host {
  return {
    ownsPage: false,
    root: el,
    keyTarget: el,
    watchDarkness(tell) {
      const darkness = system();
      const look = () => tell(isDarkBehind(el) ?? darkness.matches);
      look();
      darkness.addEventListener("change", look);
      const themes = new MutationObserver(look);
      for (const one of [document.documentElement, document.body]) {
        themes.observe(one, { attributes: true });
      }
      const shown = new ResizeObserver(look); // a cell may be rendered before it is visible
      shown.observe(el);
      return () => {
        darkness.removeEventListener("change", look);
        themes.disconnect();
        shown.disconnect();
      };
    },
  };
}

/** Whether the first opaque background behind an element is dark; null without one. */
function isDarkBehind(el: Element): boolean | null {
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

/** The bytes of any CSS color (rgb, oklch, color-mix), read back from a pixel. */
function bytesOf(color: string): Uint8ClampedArray | [] {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  if (!context) return [];
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}
