// How large an element is, and how much room a diagram has.

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

interface Size {
  width: number;
  height: number;
}

/** Follow the inner size of an element; 0 before it is drawn. */
export function useSize(box: RefObject<HTMLElement>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const resized = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((last) =>
        last.width === width && last.height === height ? last : { width, height },
      );
    });
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  return size;
}

/** The width of a diagram's box, and a height by that of the window: a high one has room for larger
 * neurons and maps. */
export function useRoom(box: RefObject<HTMLElement>): Size {
  const { width } = useSize(box);
  const [windowHeight, setWindowHeight] = useState(innerHeight);
  useEffect(() => {
    const fit = () => setWindowHeight(innerHeight);
    addEventListener("resize", fit);
    return () => removeEventListener("resize", fit);
  }, []);
  const more = Math.max(0, Math.min(192, (windowHeight - 800) * 0.6));
  return { width, height: Math.round(208 + more) };
}
