// The picture of a network on images: the example that runs through it, on which one draws. While the
// pointer is on a map of the diagram, it shows that map with its filter.

import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { paletteOf } from "../drawing/colors";
import { paintPad } from "../drawing/pad";
import { channelName } from "../state/labels";
import type { Store } from "../state/store";
import { useSize } from "./room";

const STEP = 0.05; // of the side: how far an arrow key moves the pen
const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

export function DrawingPad({ store }: { store: Store }) {
  const { text, images, run, liveFrame, resolvedTheme, announcement, hidden } = store;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width: size } = useSize(canvas);
  const pen = useSignal<{ x: number; y: number; down: boolean } | null>(null); // of the keyboard
  const drawing = useRef<"no" | "inside" | "outside">("no");
  const t = text.value;
  const fixed = hidden.includes("pad");
  useEffect(() => {
    const element = canvas.current;
    if (!element || size === 0) return;
    const palette = paletteOf(element);
    return effect(() => {
      const parameters = liveFrame.value?.arrays.parameters;
      paintPad(element, size, images, parameters, palette);
    });
  }, [run.value, resolvedTheme.value, size]);
  const placeOf = (event: PointerEvent, area: DOMRect): [number, number] => [
    (event.clientX - area.left) / area.width,
    (event.clientY - area.top) / area.height,
  ];
  // A line that leaves the pad ends at its border, and begins anew where it comes back.
  const draw = (place: [number, number]) => {
    const here = place.map(inside) as [number, number];
    const left = String(here) !== String(place);
    if (drawing.current === "inside") images.extend(...here);
    else if (!left) images.begin(...here);
    drawing.current = left ? "outside" : "inside";
  };
  const seen = images.hovered.value;
  const empty = images.drawn.value && images.strokes.value.length === 0;
  const at = pen.value;
  return (
    <div
      class={`surface pad ${fixed ? "fixed" : ""}`}
      tabIndex={fixed ? -1 : 0}
      role="application"
      aria-label={fixed ? t.images.picture : t.images.pad}
      onPointerDown={(event) => {
        if (fixed || event.button !== 0) return;
        const pad = event.currentTarget;
        pad.setPointerCapture(event.pointerId);
        drawing.current = "inside";
        images.begin(...placeOf(event, pad.getBoundingClientRect()));
      }}
      onPointerMove={(event) => {
        if (drawing.current === "no") return;
        const area = event.currentTarget.getBoundingClientRect();
        // A fast finger moves further between two pictures than a line may be straight.
        const all = event.getCoalescedEvents?.() ?? [];
        for (const one of all.length ? all : [event]) draw(placeOf(one, area));
      }}
      onPointerUp={() => {
        drawing.current = "no";
      }}
      onPointerCancel={() => {
        drawing.current = "no";
      }}
      onBlur={() => {
        pen.value = null;
      }}
      onKeyDown={(event) => {
        if (fixed) return;
        const before = at ?? { x: 0.5, y: 0.5, down: false };
        const move = MOVES[event.key];
        if (move) {
          const [x, y] = [inside(before.x + move[0]), inside(before.y + move[1])];
          if (before.down) images.extend(x, y);
          pen.value = { ...before, x, y };
        } else if (event.key === " " || event.key === "Enter") {
          if (!before.down) images.begin(before.x, before.y);
          pen.value = { ...before, down: !before.down };
          announcement.value = before.down ? t.images.pen_up : t.images.pen_down;
        } else if (event.key === "Delete" || event.key === "Backspace") {
          images.clear();
          pen.value = { ...before, down: false };
        } else return;
        event.preventDefault();
      }}
    >
      <canvas ref={canvas} />
      {empty && !seen && <p class="invites">{t.images.draw_here}</p>}
      {seen && run.value && <p class="seen">{channelName(images.layers.value, seen, t)}</p>}
      {at && (
        <i
          class={`pen ${at.down ? "down" : ""}`}
          style={{ left: `${100 * at.x}%`, top: `${100 * at.y}%` }}
        />
      )}
    </div>
  );
}

const inside = (share: number) => Math.min(1, Math.max(0, share));
