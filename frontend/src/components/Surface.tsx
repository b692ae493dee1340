// The surface that the network predicts, with the points on it.

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { backgroundOf } from "../drawing/colors";
import { paintClassMap, paintHeatmap } from "../drawing/heatmaps";
import { makePointPainter } from "../drawing/points";
import { axisNames, classLabel } from "../state/labels";
import type { Store } from "../state/store";
import { Truncated } from "./controls";
import { PointMark } from "./PointMark";

export function Surface({ store }: { store: Store }) {
  const { text, liveFrame, run, stepped, send, pointClass, resolvedTheme, announcement } = store;
  const box = useRef<HTMLDivElement>(null);
  const now = run.value;
  useEffect(() => {
    const canvas = box.current?.querySelector<HTMLCanvasElement>("canvas.answers");
    if (!canvas || !now) return;
    const background = backgroundOf(canvas);
    const draw = now.outputs > 1 ? paintClassMap : paintHeatmap;
    return effect(() => {
      const bytes = liveFrame.value?.arrays.surface;
      if (!(bytes instanceof Uint8Array)) return;
      draw(
        canvas,
        bytes,
        Math.round(Math.sqrt(bytes.length / now.outputs)),
        background,
        stepped.value,
      );
    });
  }, [now, resolvedTheme.value]);
  useEffect(() => {
    const canvas = box.current?.querySelector<HTMLCanvasElement>("canvas.points");
    if (!canvas || !now) return;
    const draw = makePointPainter(canvas, now, backgroundOf(canvas));
    return effect(() => draw(liveFrame.value?.arrays.wrong));
  }, [now, resolvedTheme.value]);
  const add = (across: number, up: number) => {
    if (!now) return;
    const [left, right, bottom, top] = now.extent;
    const [x, y] = [left + across * (right - left), bottom + up * (top - bottom)];
    if (store.microscope.pickPoint(x, y) || now.classes === 0) return;
    send("point", { x, y, label: pointClass.value });
    tell(text.value.placed, x, y, classLabel(now, pointClass.value));
  };
  const tell = (words: string, x: number, y: number, name = "") => {
    announcement.value = words
      .replace("{x}", x.toFixed(2))
      .replace("{y}", y.toFixed(2))
      .replace("{k}", () => name); // last, and verbatim: a name may hold any character
  };
  const move = (across: number, up: number) => {
    if (!now) return;
    const [left, right, bottom, top] = now.extent;
    tell(text.value.cross_at, left + across * (right - left), bottom + up * (top - bottom));
  };
  const axes = axisNames(now);
  return (
    <div
      class="surface"
      ref={box}
      tabIndex={0}
      role="application"
      aria-label={text.value.surface + (axes ? `: x₁ ${axes[0]}, x₂ ${axes[1]}` : "")}
      onClick={(event) => {
        const area = event.currentTarget.getBoundingClientRect();
        add((event.clientX - area.left) / area.width, 1 - (event.clientY - area.top) / area.height);
      }}
      onKeyDown={(event) => onCrossKey(event, add, move)}
    >
      <canvas class="answers" width="100" height="100" />
      <canvas class="points" width="600" height="600" />
      {axes?.map((name, i) => (
        <span class={`axis x${i + 1}`} key={i}>
          <Truncated>{name}</Truncated>
        </span>
      ))}
      <PointMark store={store} />
      <i class="cross" />
    </div>
  );
}

/** Arrow keys move the cross, Enter places a point. */
function onCrossKey(
  event: KeyboardEvent,
  add: (across: number, up: number) => void,
  move: (across: number, up: number) => void,
): void {
  const box = event.currentTarget as HTMLElement;
  const mark = box.querySelector<HTMLElement>(".cross");
  if (!mark) return;
  let x = Number(mark.dataset.x ?? 0.5);
  let y = Number(mark.dataset.y ?? 0.5);
  if (event.key === "ArrowLeft") x -= 0.02;
  else if (event.key === "ArrowRight") x += 0.02;
  else if (event.key === "ArrowUp") y += 0.02;
  else if (event.key === "ArrowDown") y -= 0.02;
  else if (event.key === "Enter" || event.key === " ") add(x, y);
  else return;
  event.preventDefault();
  x = Math.min(1, Math.max(0, x));
  y = Math.min(1, Math.max(0, y));
  mark.dataset.x = box.dataset.across = String(x);
  mark.dataset.y = box.dataset.up = String(y);
  mark.style.left = `${100 * x}%`;
  mark.style.top = `${100 * (1 - y)}%`;
  if (event.key.startsWith("Arrow")) move(x, y);
}
