// Erasing points of the picture: with the eraser, by a right click, a long press, or Delete.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { fill } from "../i18n";
import { writeNumber } from "../i18n/numbers";
import type { Store } from "../state/store";

const LONG = 550; // milliseconds of a press
const MOVED = 10; // pixels: a press that moves scrolls

/** Takes from the picture what erases; all else goes on to it. */
export function PointEditing({ store, children }: { store: Store; children: ComponentChildren }) {
  const { pointTool, run, text, language, announcement } = store;
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const erased = useRef(Number.NEGATIVE_INFINITY); // when a long press has erased: its click and its menu do nothing more
  const erase = (across: number, up: number) => {
    if (!run.value) return;
    const [left, right, bottom, top] = run.value.extent;
    const [x, y] = [left + across * (right - left), bottom + up * (top - bottom)];
    const words = store.erase(x, y) ? text.value.classroom.erased : text.value.classroom.no_point;
    announcement.value = fill(words, {
      x: writeNumber(x, language.value, 2),
      y: writeNumber(y, language.value, 2),
    });
  };
  const eraseAt = (surface: Element, x: number, y: number) => {
    const area = surface.getBoundingClientRect();
    erase((x - area.left) / area.width, 1 - (y - area.top) / area.height);
  };
  const surfaceOf = (event: Event) => (event.target as Element).closest<HTMLElement>(".surface");
  const release = () => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = null;
  };
  const justErased = () => performance.now() - erased.current < 1000;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the picture inside takes keys and focus.
    <div
      class="point-editing"
      onClickCapture={(event) => {
        const surface = surfaceOf(event);
        const long = justErased();
        if (!surface || (pointTool.value !== "erase" && !long)) return;
        event.stopPropagation();
        if (!long) eraseAt(surface, event.clientX, event.clientY);
      }}
      onContextMenu={(event) => {
        const surface = surfaceOf(event);
        if (!surface) return;
        event.preventDefault();
        release();
        if (justErased()) return;
        if (event.button !== 2) erased.current = performance.now(); // by a finger: a click follows
        eraseAt(surface, event.clientX, event.clientY);
      }}
      onPointerDown={(event) => {
        const surface = surfaceOf(event);
        if (!surface || event.pointerType === "mouse") return;
        release();
        const { clientX: x, clientY: y } = event;
        const timer = setTimeout(() => {
          erased.current = performance.now();
          eraseAt(surface, x, y);
        }, LONG);
        press.current = { timer, x, y };
      }}
      onPointerMove={(event) => {
        const began = press.current;
        if (began && Math.hypot(event.clientX - began.x, event.clientY - began.y) > MOVED)
          release();
      }}
      onPointerUp={release}
      onPointerCancel={release}
      onKeyDownCapture={(event) => {
        const surface = surfaceOf(event);
        const chosen = pointTool.value === "erase" && (event.key === "Enter" || event.key === " ");
        if (!surface || !(chosen || event.key === "Delete" || event.key === "Backspace")) return;
        event.preventDefault();
        event.stopPropagation();
        erase(Number(surface.dataset.across ?? 0.5), Number(surface.dataset.up ?? 0.5));
      }}
    >
      {children}
    </div>
  );
}

/** The choice between drawing points and erasing them. */
export function PointTools({ store }: { store: Store }) {
  const { pointTool, text } = store;
  const erasing = pointTool.value === "erase";
  return (
    <button
      type="button"
      class="flat eraser"
      aria-pressed={erasing}
      onClick={() => {
        pointTool.value = erasing ? "draw" : "erase";
      }}
    >
      {text.value.classroom.erase}
    </button>
  );
}
