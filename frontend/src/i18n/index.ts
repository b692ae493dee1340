// All texts, in two languages. A text that is missing in one of them is a type error.

import { en } from "./en";
import { es } from "./es";

export type { Texts } from "./en";

export const TEXTS = { en, es } as const;
export type Language = keyof typeof TEXTS;

/** A text with values in its places: "{n} of {seeds}". Values are inserted unchanged. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}
