// From a frame to the predictions that it holds.

import type { Predictions } from "../drawing/surface";
import type { Frame, Run } from "../server/messages";

export function predictionsOf(run: Run | null, frame: Frame | null): Predictions | null {
  const bytes = frame?.arrays.surface;
  if (!run || !frame || !(bytes instanceof Uint8Array)) return null;
  return { bytes, outputs: run.outputs, classes: run.classes, span: frame.span };
}
