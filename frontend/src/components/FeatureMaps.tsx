// The diagram of a network on images or series: each layer's maps for one example, from the example to
// the bars of the classes. A map under the pointer is shown large; a click opens it in the microscope.

import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import { type Area, layoutMaps, type MapLayout, makeMapPainter } from "../drawing/maps";
import type { Run } from "../server/messages";
import { largest, lengthOf, outputsOf, overTime, sidesOf } from "../state/images";
import { channelName, classLabel } from "../state/labels";
import type { Store } from "../state/store";
import { awayParts } from "../state/tools";
import { boundsOf } from "../state/windows";
import { useRoom } from "./room";

const COLUMN = 72; // pixels that a column takes at least
const NARROW = 110; // pixels of the output's column: fewer have no room for a number beside the bar

export function FeatureMaps({ store, run }: { store: Store; run: Run }) {
  const { images, text, resolvedTheme } = store;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useRoom(box);
  const layers = images.layers.value;
  const finger = matchMedia("(pointer: coarse)").matches;
  const key = JSON.stringify(layers.map(({ shape, row }) => [shape, row]));
  const layout = useMemo(
    () => layoutMaps(layers, width, height, finger),
    [key, width, height, finger],
  );
  useEffect(() => {
    if (!canvas.current || width === 0) return;
    const draw = makeMapPainter(canvas.current, layers, layout, paletteOf(canvas.current));
    return effect(() => {
      const maps = images.maps.value;
      if (maps?.length === lengthOf(layers)) draw(maps);
    });
  }, [layout, resolvedTheme.value]);
  const chosen = store.windows.channel.value;
  return (
    <div
      class="diagram maps"
      ref={box}
      style={{ height: `${layout.height}px`, minWidth: `${COLUMN * run.topology.length}px` }}
    >
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus. */}
      <canvas class="scene" ref={canvas} aria-hidden="true" />
      {width > 0 &&
        layout.tiles.map(({ x, y, width: wide, height: high, layer, channel }) => {
          const name = channelName(layers, { layer, channel }, text.value);
          const show = () => {
            images.hovered.value = layer > 0 ? { layer, channel } : null;
          };
          const hide = () => {
            images.hovered.value = null;
          };
          return (
            <button
              type="button"
              class="neuron map"
              key={`${layer}-${channel}`}
              aria-label={name}
              title={name}
              aria-pressed={
                store.tool.value === "microscope" &&
                chosen?.layer === layer &&
                chosen.channel === channel
              }
              style={{
                left: `${x + wide / 2}px`,
                top: `${y + high / 2}px`,
                width: `${wide}px`,
                height: `${high}px`,
              }}
              onMouseEnter={show}
              onMouseLeave={hide}
              onFocus={show}
              onBlur={hide}
              onClick={() => {
                if (layer === 0 || awayParts(store.hidden, true).includes("microscope")) return;
                hide();
                store.windows.show({ layer, channel });
              }}
            />
          );
        })}
      <WindowMarks store={store} layout={layout} />
      <StepMarks store={store} layout={layout} />
      <Chances store={store} run={run} output={layout.output} />
    </div>
  );
}

/** With the microscope open: the number that it takes apart, and the window behind it on each map. */
function WindowMarks({ store, layout }: { store: Store; layout: MapLayout }) {
  const { windows, images } = store;
  const [apart, at] = [windows.number.value, windows.channel.value];
  const layers = images.layers.value;
  if (!windows.open.value || !apart || !at || layers.some(overTime)) return null;
  const mark = (layer: number, channel: number, [top, left, bottom, right]: number[]) => {
    const tile = layout.tiles.find((one) => one.layer === layer && one.channel === channel);
    const its = layers[layer];
    if (!tile || !its) return null;
    const cell = tile.height / sidesOf(its)[0];
    return (
      <Mark
        key={`${layer}-${channel}`}
        x={tile.x + (left ?? 0) * cell}
        y={tile.y + (top ?? 0) * cell}
        width={((right ?? 0) - (left ?? 0)) * cell}
        height={((bottom ?? 0) - (top ?? 0)) * cell}
      />
    );
  };
  const [row = 0, column = 0] = apart.place;
  const chosen = apart.place.length === 3 ? [row, column, row + 1, column + 1] : [0, 0, 1, 1];
  return (
    <>
      {boundsOf(apart).map(([channel, bounds]) => mark(at.layer - 1, channel, bounds))}
      {mark(at.layer, at.channel, chosen)}
    </>
  );
}

/** The step of a series that is looked at, in the series and in all states. */
function StepMarks({ store, layout }: { store: Store; layout: MapLayout }) {
  const [, step] = store.windows.place.value;
  return (
    <>
      {store.images.layers.value.map((one, layer) => {
        const tiles = layout.tiles.filter((tile) => tile.layer === layer);
        const [first, last] = [tiles[0], tiles.at(-1)];
        if (!overTime(one) || !first || !last) return null;
        const wide = first.width / sidesOf(one)[1];
        const height = last.y + last.height - first.y;
        return (
          <Mark key={layer} x={first.x + step * wide} y={first.y} width={wide} height={height} />
        );
      })}
    </>
  );
}

const Mark = ({ x, y, width, height }: Area) => (
  <i
    class="window-mark"
    style={{ left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }}
  />
);

/** A bar for each class. */
function Chances({ store, run, output }: { store: Store; run: Run; output: MapLayout["output"] }) {
  const { images, text, write } = store;
  const outputs = outputsOf(images.layers.value, images.maps.value);
  const best = largest(outputs);
  const label = images.example.value?.label ?? null;
  const reach = Math.max(1e-9, ...outputs.map(Math.abs));
  const shares = outputs.every((one) => one >= 0 && one <= 1);
  const written = (value: number) =>
    shares ? `${write(Math.round(100 * value))} %` : write(value, 2);
  return (
    <ol
      class={`chances ${output.width < NARROW ? "narrow" : ""}`}
      aria-label={text.value.images.chances}
      style={{ left: `${output.x}px`, top: `${output.top}px`, width: `${output.width}px` }}
    >
      {outputs.map((value, k) => (
        <li
          key={k}
          class={[k === best ? "best" : "", k === label ? "true" : ""].join(" ").trim()}
          style={{ height: `${output.row}px` }}
          title={k === label ? text.value.images.true_class : undefined}
        >
          <b>{classLabel(run, k)}</b>
          <span class="bar">
            <i style={{ width: `${100 * Math.max(0, shares ? value : value / reach)}%` }} />
          </span>
          <small>{written(value)}</small>
        </li>
      ))}
    </ol>
  );
}
