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

/** Tools that images lack: they train dense layers on points. */
const NOT_ON_IMAGES: readonly string[] = ["sweep", "bugs"];

/** The parts of the page that are away; a recording of images has no microscope. */
export function awayParts(hidden: readonly string[], images: boolean): readonly string[] {
  if (!images) return hidden;
  return [...hidden, ...NOT_ON_IMAGES, ...(hidden.includes("pad") ? ["microscope"] : [])];
}
