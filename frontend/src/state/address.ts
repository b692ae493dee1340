// The set-up in the fragment of the page's address.

import type { Setup } from "./setup";

/** The parsed fragment: a set-up, hidden parts of the page, a challenge. */
export interface Address {
  setup: Setup | null;
  hidden: string[];
  challenge: string | null;
}

/** The fragment for a set-up, with its #. */
export function formatHash(
  setup: Setup,
  hidden: string[],
  challenge: string | null = null,
): string {
  const bytes = new TextEncoder().encode(JSON.stringify(setup));
  const code = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  const hide = hidden.length ? `&hide=${hidden.join(",")}` : "";
  return `#s=${code}${hide}${challenge ? `&challenge=${challenge}` : ""}`;
}

/** The inverse. Without a readable set-up it is null; the server validates its content. */
export function parseHash(hash: string): Address {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const hidden = (given.get("hide") ?? "").split(",").filter(Boolean);
  const challenge = given.get("challenge");
  try {
    const code = (given.get("s") ?? "").replaceAll("-", "+").replaceAll("_", "/");
    if (!code) return { setup: null, hidden, challenge };
    const bytes = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
    const setup = JSON.parse(new TextDecoder().decode(bytes)) as Setup;
    return { setup, hidden, challenge };
  } catch {
    return { setup: null, hidden, challenge };
  }
}
