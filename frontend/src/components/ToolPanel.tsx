// The frame of a tool in the right column: a title, a note, and a way to close it.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Store } from "../state/store";
import { useUniqueId } from "./unique-id";

export function ToolPanel({
  store,
  title,
  note,
  name,
  onKeyDown,
  children,
}: {
  store: Store;
  title: string;
  note?: ComponentChildren;
  name: string;
  onKeyDown?: (event: KeyboardEvent) => void;
  children: ComponentChildren;
}) {
  const panel = useRef<HTMLElement>(null);
  const id = useUniqueId();
  const close = () => {
    store.tool.value = null;
  };
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    // A link to one of its fields has focused that.
    if (!panel.current?.contains(document.activeElement)) {
      panel.current?.focus({ preventScroll: true });
    }
    const { keyTarget } = store.host;
    const press = (event: Event) => {
      if ((event as KeyboardEvent).key === "Escape" && !event.defaultPrevented) close();
    };
    keyTarget.addEventListener("keydown", press);
    return () => {
      keyTarget.removeEventListener("keydown", press);
      before?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <section
      class={`tool ${name}`}
      aria-labelledby={id}
      tabIndex={-1}
      ref={panel}
      {...(onKeyDown ? { onKeyDown } : {})}
    >
      <header class="tool-head">
        <h2 id={id}>{title}</h2>
        {note && <small>{note}</small>}
        <button type="button" class="flat close" onClick={close}>
          {store.text.value.close}
        </button>
      </header>
      {children}
    </section>
  );
}
