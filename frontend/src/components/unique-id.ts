import { useState } from "preact/hooks";

/** An id for an element. Preact's useId repeats itself where a page holds several views. */
export function useUniqueId(): string {
  return useState(() => `n${Math.random().toString(36).slice(2)}`)[0];
}
