// The tools, each of which may take the right column. Settings are one of them.

export const TOOL_NAMES = [
  "tour",
  "doctor",
  "sweep",
  "microscope",
  "class",
  "take",
  "bugs",
  "settings",
] as const;
export type Tool = (typeof TOOL_NAMES)[number];

/** They train dense layers on points. */
export const NOT_ON_IMAGES: readonly Tool[] = ["sweep", "bugs"];
