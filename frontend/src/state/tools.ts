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

/** Tools that images and series lack: they train dense layers on points. */
const OF_THE_PLANE: readonly string[] = ["sweep", "bugs"];

/** The parts of the page that are away; without a plane a recording has no microscope. */
export function awayParts(hidden: readonly string[], layered: boolean): readonly string[] {
  if (!layered) return hidden;
  return [...hidden, ...OF_THE_PLANE, ...(hidden.includes("pad") ? ["microscope"] : [])];
}
