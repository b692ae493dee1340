// The picture of a network on series: the series as a line above the states of a recurrence, and a
// slider that goes through the steps of both.

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import { LINE_SHARE, paintSeries } from "../drawing/series";
import { formatNumber } from "../formulas/mathml";
import { fill } from "../i18n";
import { inLanguage } from "../i18n/numbers";
import { channelsOf, lengthOf, mapOf, overTime, sidesOf } from "../state/images";
import { channelName } from "../state/labels";
import type { Store } from "../state/store";
import { useSize } from "./room";

export function SeriesPlot({ store }: { store: Store }) {
  const { text, images, windows, language, resolvedTheme } = store;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(canvas);
  const t = text.value.series;
  const layers = images.layers.value;
  const maps = images.maps.value;
  const steps = layers[0] ? sidesOf(layers[0])[1] : 1;
  const step = Math.min(windows.place.value[1], steps - 1);
  const layer = statesShown(store);
  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0) return;
    const palette = paletteOf(element);
    return effect(() => {
      const numbers = images.maps.value;
      const all = images.layers.value;
      if (numbers?.length !== lengthOf(all)) return;
      const seen = images.hovered.value;
      const its = seen && all[seen.layer];
      paintSeries(
        element,
        { width, height },
        {
          layers: all,
          maps: numbers,
          layer: statesShown(store),
          unit: seen && its && seen.layer > 0 && overTime(its) ? seen : null,
          step: windows.place.value[1],
        },
        palette,
      );
    });
  }, [width, height, resolvedTheme.value]);
  const value = maps ? mapOf(layers, maps, { layer: 0, channel: 0 })[step] : undefined;
  const at = fill(t.at_step, { t: step, x: inLanguage(formatNumber(value, 2), language.value) });
  const seen = images.hovered.value;
  const taken = windows.channel.value;
  const unit = windows.open.value && layer > 0 && taken?.layer === layer ? taken.channel : null;
  const line = `${100 * LINE_SHARE}%`;
  const row = `${(100 * (1 - LINE_SHARE)) / (layers[layer] ? channelsOf(layers[layer]) : 1)}%`;
  const follow = (event: PointerEvent) => {
    const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const share = (event.clientX - area.left) / area.width;
    windows.at(0, Math.max(0, Math.min(steps - 1, Math.floor(share * steps))));
  };
  return (
    <div class="surface series" style={{ "--steps": steps }}>
      <div
        class="plot"
        role="img"
        aria-label={`${t.picture}. ${at}`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          follow(event);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) follow(event);
        }}
      >
        <canvas ref={canvas} />
        <i class="window-mark" style={{ left: `${(100 * step) / steps}%` }} />
        {unit !== null && (
          <i
            class="window-mark unit"
            style={{ top: `calc(${line} + ${unit} * ${row})`, height: row }}
          />
        )}
        <span class="axis x1">{at}</span>
        {layer > 0 && (
          <span class="axis states" style={{ top: line }}>
            {fill(t.states, { layer: String((layers[layer]?.row ?? 0) + 1) })}
          </span>
        )}
        {seen && <p class="seen">{channelName(layers, seen, text.value)}</p>}
      </div>
      <input
        type="range"
        min={0}
        max={steps - 1}
        value={step}
        aria-label={t.time}
        aria-valuetext={at}
        onInput={(event) => windows.at(0, Number(event.currentTarget.value))}
      />
    </div>
  );
}

/** The recurrence whose states are shown: the one under the pointer or in the microscope, or the last;
 * 0, which is the series, without one. */
function statesShown({ images, windows }: Store): number {
  const spread = images.layers.value.map(overTime);
  const known = [images.hovered.value, windows.open.value ? windows.channel.value : null];
  const looked = known.find((one) => one && one.layer > 0 && spread[one.layer]);
  return looked?.layer ?? spread.lastIndexOf(true);
}
