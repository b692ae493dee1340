// The picture: what the network predicts over the plane, with the points on it. While the pointer is
// on a neuron of the diagram, it shows what that neuron sees.

import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import { makeNeuronPainter, neuronPlace } from "../drawing/neurons";
import { makePointPainter } from "../drawing/points";
import { boundary, isDecided, makeSurfacePainter } from "../drawing/surface";
import { fill } from "../i18n";
import { inLanguage } from "../i18n/numbers";
import { axisNames, classLabel, neuronName } from "../state/labels";
import { predictionsOf } from "../state/predictions";
import type { Store } from "../state/store";
import { Truncated } from "./controls";
import { PointMark } from "./PointMark";
import { type Place, Readout } from "./Readout";
import { useSize } from "./room";

export function Surface({ store }: { store: Store }) {
  const { text, liveFrame, run, stepped, hovered, resolvedTheme, announcement } = store;
  const ground = useRef<HTMLCanvasElement>(null);
  const marks = useRef<HTMLCanvasElement>(null);
  const { width: size } = useSize(marks);
  const place = useSignal<Place | null>(null);
  const now = run.value;
  useEffect(() => {
    const canvas = ground.current;
    if (!canvas || !now) return;
    const palette = paletteOf(canvas);
    const paintNeurons = makeNeuronPainter(now.topology, palette);
    const paintSurface = makeSurfacePainter(canvas, palette);
    return effect(() => {
      const frame = liveFrame.value;
      const [seen, neurons] = [hovered.value, frame?.arrays.neurons];
      const shown = predictionsOf(now, frame);
      if (seen && neurons instanceof Uint8Array)
        paintNeurons(canvas, neurons, neuronPlace(now.topology, seen.layer, seen.index), 1);
      else if (shown) paintSurface(shown, stepped.value);
    });
  }, [now, resolvedTheme.value]);
  useEffect(() => {
    const canvas = marks.current;
    if (!canvas || !now || size === 0) return;
    const draw = makePointPainter(canvas, now, paletteOf(canvas), size);
    return effect(() => {
      const frame = liveFrame.value;
      const shown = predictionsOf(now, frame);
      // Where the predictions agree everywhere, none of them is wrong yet.
      const decided = !hovered.value && shown !== null && isDecided(shown);
      draw({
        wrong: decided ? frame?.arrays.wrong : undefined,
        lines: decided ? boundary(shown) : new Float32Array(),
      });
    });
  }, [now, resolvedTheme.value, size]);
  const tell = (words: string, { across, up }: Place, name = "") => {
    if (!now) return;
    const [x, y] = coordinates(now.extent, across, up);
    const write = (value: number) => inLanguage(value.toFixed(2), store.language.value);
    announcement.value = fill(words, { x: write(x), y: write(y), k: name });
  };
  const touch = (at: Place) => {
    if (!now) return;
    if (touched(store, ...coordinates(now.extent, at.across, at.up)))
      tell(text.value.placed, at, classLabel(now, store.pointClass.value));
  };
  const seen = hovered.value;
  const axes = axisNames(now);
  return (
    <div
      class="surface"
      tabIndex={0}
      role="application"
      data-across={place.value?.across}
      data-up={place.value?.up}
      aria-label={text.value.surface + (axes ? `: x₁ ${axes[0]}, x₂ ${axes[1]}` : "")}
      onClick={(event) => touch(placeOf(event))}
      onPointerMove={(event) => {
        place.value = placeOf(event);
      }}
      onPointerLeave={() => {
        place.value = null;
      }}
      onBlur={() => {
        place.value = null;
      }}
      onKeyDown={(event) => {
        const before = place.value ?? { across: 0.5, up: 0.5 };
        const after = moved(before, event.key);
        if (event.key === "Enter" || event.key === " ") touch(before);
        else if (!after) return;
        event.preventDefault();
        place.value = after ?? before;
        if (after) tell(text.value.cross_at, after);
      }}
    >
      <canvas class="answers" ref={ground} width="100" height="100" />
      <canvas class="points" ref={marks} />
      {axes?.map((name, i) => (
        <span class={`axis x${i + 1}`} key={i}>
          <Truncated>{name}</Truncated>
        </span>
      ))}
      {seen && now && (
        <p class="seen">{`${neuronName(now, seen.layer, seen.index, text.value)}: ${text.value.drawings.own_scale}`}</p>
      )}
      <PointMark store={store} />
      <Readout store={store} place={place} />
    </div>
  );
}

/** Touch the plane: select a point in the microscope, or add one; return whether it has. */
function touched(store: Store, x: number, y: number): boolean {
  if (store.microscope.pickPoint(x, y) || store.run.value?.classes === 0) return false;
  store.send("point", { x, y, label: store.pointClass.value });
  return true;
}

function coordinates(
  [left, right, bottom, top]: [number, number, number, number],
  across: number,
  up: number,
): [number, number] {
  return [left + across * (right - left), bottom + up * (top - bottom)];
}

function placeOf(event: MouseEvent): Place {
  const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return {
    across: (event.clientX - area.left) / area.width,
    up: 1 - (event.clientY - area.top) / area.height,
  };
}

const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [-0.02, 0],
  ArrowRight: [0.02, 0],
  ArrowUp: [0, 0.02],
  ArrowDown: [0, -0.02],
};

/** Where an arrow key leads; null for another key. */
function moved({ across, up }: Place, key: string): Place | null {
  const step = STEPS[key];
  if (!step) return null;
  const inside = (share: number) => Math.min(1, Math.max(0, share));
  return { across: inside(across + step[0]), up: inside(up + step[1]) };
}
