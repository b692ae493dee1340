// Below the picture of a network on images or series: which example it is, what the network makes of it,
// and the way to another or to an empty sheet.

import { fill } from "../i18n";
import { largest, outputsOf } from "../state/images";
import type { Store } from "../state/store";

export function ImageKey({ store }: { store: Store }) {
  const { text, images, hidden } = store;
  const series = images.layers.value[0]?.kind === "Series";
  const t = text.value.images;
  const words = series ? text.value.series : t;
  const shown = images.example.value;
  const index = shown?.index ?? null;
  const name =
    index === null || shown?.label === null
      ? t.your_drawing
      : fill(shown?.of_test ? words.of_test : words.of_training, {
          i: index + 1,
          k: shown?.label ?? "–",
        });
  return (
    <div class="key-row image-key">
      {!hidden.includes("pad") && (
        <>
          <button
            type="button"
            class="flat"
            aria-label={words.before}
            onClick={() => images.show((index ?? 0) - 1)}
          >
            ‹
          </button>
          <button
            type="button"
            class="flat"
            aria-label={words.after}
            onClick={() => images.show(index === null ? 0 : index + 1)}
          >
            ›
          </button>
        </>
      )}
      <span class="whose">{name}</span>
      {!hidden.includes("pad") && !series && (
        <button type="button" class="flat clear" onClick={images.clear}>
          {images.drawn.value ? t.clear : t.draw}
        </button>
      )}
      <Prediction store={store} />
    </div>
  );
}

/** The class of the largest output. */
function Prediction({ store }: { store: Store }) {
  const { text, images, write, frame } = store;
  const outputs = outputsOf(images.layers.value, images.maps.value);
  const best = largest(outputs);
  if (best < 0 || (images.drawn.value && images.strokes.value.length === 0)) return null;
  const share = outputs[best] ?? 0;
  const spoken = images.drawn.value && !frame.value?.playing;
  return (
    // Screen readers hear what becomes of a drawing, and not each frame of a training.
    <output class="prediction" aria-live={spoken ? "polite" : "off"}>
      {text.value.images.predicts} <b>{best}</b> <small>{write(Math.round(100 * share))} %</small>
    </output>
  );
}
