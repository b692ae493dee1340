// All texts, in two languages. A text that is missing in one of them is a type error.

import { en } from "./en";
import { es } from "./es";

export type { Texts } from "./en";

export const TEXTS = { en, es } as const;
export type Language = keyof typeof TEXTS;
