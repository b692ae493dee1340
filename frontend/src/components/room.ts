// How much room a diagram has: the width of its box, and a height by that of the window.

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Follow the room of a box. */
export function useRoom(box: RefObject<HTMLElement>): { width: number; height: number } {
  const [width, setWidth] = useState(0);
  const [windowHeight, setWindowHeight] = useState(innerHeight);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const fit = () => {
      setWidth(element.clientWidth);
      setWindowHeight(innerHeight);
    };
    addEventListener("resize", fit);
    const resized = new ResizeObserver(fit);
    resized.observe(element);
    return () => {
      removeEventListener("resize", fit);
      resized.disconnect();
    };
  }, []);
  return { width, height: heightOf(windowHeight) };
}

/** A high window has room for larger neurons and maps. */
const heightOf = (window: number) =>
  Math.round(208 + Math.max(0, Math.min(192, (window - 800) * 0.6)));
