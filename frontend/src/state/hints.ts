// The callouts at first sight: which are open. A page remembers those that were put away.

import { computed, signal } from "@preact/signals";

export const HINTS = ["picture", "train", "network", "now"] as const;
const FIRST: readonly HintName[] = ["picture", "train"];
export type HintName = (typeof HINTS)[number];

const KEY = "neurona.hints";

export type Hints = ReturnType<typeof makeHints>;

/** In a notebook, none is open at first and none is remembered. */
export function makeHints(ownsPage: boolean) {
  const open = signal<readonly HintName[]>(ownsPage ? HINTS.filter(isNew) : []);

  function isNew(name: HintName): boolean {
    try {
      return !(localStorage.getItem(KEY) ?? "").split(",").includes(name);
    } catch {
      return false; // nothing can be remembered: callouts that come back each time are a nuisance
    }
  }

  function show(next: readonly HintName[]): void {
    open.value = next;
    if (!ownsPage) return;
    try {
      localStorage.setItem(KEY, HINTS.filter((one) => !next.includes(one)).join(","));
    } catch {
      // storage may be disabled
    }
  }

  return {
    open,
    /** Those in view: the two that come first, and then the others. */
    shown: computed(() => {
      const first = FIRST.filter((one) => open.value.includes(one));
      return first.length ? first : open.value;
    }),
    dismiss(name: HintName): void {
      if (open.peek().includes(name)) show(open.peek().filter((one) => one !== name));
    },
    /** All of them, or none if any is open. */
    toggle: () => show(open.peek().length ? [] : HINTS),
  };
}
