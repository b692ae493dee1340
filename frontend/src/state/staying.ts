// What a reload must not lose: the set-up in the address, and the key and speed of the training in
// the storage of this tab.

import type { Host } from "../host";

const QUIET = 400; // milliseconds without another change: a slider is one step of the history

/** Keeps the address up to date: each set-up is a step that the browser can go back to. */
export function makeAddressKeeper(host: Host, fragment: () => string) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first = true; // the address as it was opened is only written in its own way
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    const hash = fragment();
    if (hash === location.hash) first = false;
    else {
      const address = `${location.pathname}${location.search}${hash}`;
      history[first ? "replaceState" : "pushState"](null, "", address);
      first = false;
    }
  };
  if (host.ownsPage) addEventListener("pagehide", flush);
  function flush(): void {
    if (timer !== undefined) write();
  }
  return {
    /** The set-up may have changed. */
    changed(): void {
      if (!host.ownsPage) return;
      clearTimeout(timer);
      timer = setTimeout(write, first ? 0 : QUIET);
    },
    /** The page follows an address that was opened: write it in its own way, as the same step. */
    followed(): void {
      clearTimeout(timer);
      timer = undefined;
      first = true;
    },
    dispose(): void {
      clearTimeout(timer);
      removeEventListener("pagehide", flush);
    },
  };
}

/** A text that this tab keeps while it is open. */
export function tabStorage(host: Host, name: string) {
  return {
    read(): string | null {
      if (!host.ownsPage) return null;
      try {
        return sessionStorage.getItem(`neurona.${name}`);
      } catch {
        return null; // storage may be disabled
      }
    },
    write(value: string): void {
      if (!host.ownsPage) return;
      try {
        sessionStorage.setItem(`neurona.${name}`, value);
      } catch {
        // storage may be disabled
      }
    },
  };
}
