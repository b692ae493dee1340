// The prediction under the pointer, or under the cross that the arrow keys move.

import type { Signal } from "@preact/signals";
import { predictionAt } from "../drawing/surface";
import { writeNumber } from "../i18n/numbers";
import { classLabel } from "../state/labels";
import { predictionsOf } from "../state/predictions";
import type { Store } from "../state/store";

/** A place on the picture, from 0 to 1. */
export interface Place {
  across: number;
  up: number;
}

export function Readout({ store, place }: { store: Store; place: Signal<Place | null> }) {
  const { run, frame, hovered, language } = store;
  const at = place.value;
  const shown = predictionsOf(run.value, frame.value);
  const middle = at ?? { across: 0.5, up: 0.5 };
  const style = { left: `${100 * middle.across}%`, top: `${100 * (1 - middle.up)}%` };
  return (
    <>
      <i class="cross" style={style} />
      {at && shown && !hovered.value && (
        <output
          class={`readout ${at.across > 0.6 ? "left" : ""} ${at.up > 0.85 ? "below" : ""}`}
          aria-live="off"
          style={style}
        >
          {predictionAt(shown, at.across, at.up)
            .map((value, k) =>
              shown.outputs > 1
                ? `${classLabel(run.value, k)}: ${writeNumber(value, language.value, 2)}`
                : writeNumber(value, language.value, 3),
            )
            .join("  ")}
        </output>
      )}
    </>
  );
}
