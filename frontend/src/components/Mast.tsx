// The mast: the name, the tools, and what concerns the whole page.

import { useRef, useState } from "preact/hooks";
import type { Store } from "../state/store";
import type { Tool } from "../state/tools";
import { useLeaving } from "./leaving";
import { hasSettings } from "./Settings";
import { listedTools } from "./Tools";
import { useUniqueId } from "./unique-id";

export function Mast({ store }: { store: Store }) {
  const { text, tool } = store;
  const t = text.value;
  const box = useRef<HTMLElement>(null);
  const id = useUniqueId();
  const [open, setOpen] = useState(false);
  useLeaving(box, open, () => setOpen(false));
  const choose = (one: Tool) => {
    setOpen(false);
    store.toggleTool(one);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the menu from any child.
    <header
      class={`mast ${open ? "open" : ""}`}
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.preventDefault();
        setOpen(false);
        box.current?.querySelector<HTMLElement>(".menu")?.focus();
      }}
    >
      <h1>neurona</h1>
      <div class="more" id={id}>
        <nav aria-label={t.shell.tools}>
          {listedTools(store).map((one) => (
            <button
              type="button"
              key={one}
              aria-pressed={tool.value === one}
              onClick={() => choose(one)}
            >
              {t.shell.tool[one]}
            </button>
          ))}
        </nav>
        <div class="end">
          <UndoButtons store={store} />
          <button
            type="button"
            class="flat"
            aria-pressed={store.hints.open.value.length > 0}
            onClick={() => {
              setOpen(false);
              store.hints.toggle();
            }}
          >
            {t.shell.hints}
          </button>
          <ThemeButton store={store} />
          <LanguageButton store={store} />
        </div>
      </div>
      {hasSettings(store.hidden) && (
        <button
          type="button"
          class="small settings-button"
          aria-pressed={tool.value === "settings"}
          onClick={() => choose("settings")}
        >
          {t.shell.tool.settings}
        </button>
      )}
      <button
        type="button"
        class="small menu"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {t.shell.menu}
      </button>
    </header>
  );
}

/** Changes back the last change, and then it again. */
function UndoButtons({ store }: { store: Store }) {
  const { frame, text, send } = store;
  const t = text.value;
  const { undo = null, redo = null } = frame.value ?? {};
  return (
    <>
      <button
        type="button"
        class="flat"
        disabled={!undo}
        title={undo ? t.classroom.change[undo] : undefined}
        onClick={() => send("undo")}
      >
        {t.shell.undo}
      </button>
      {redo && (
        <button
          type="button"
          class="flat"
          title={t.classroom.change[redo]}
          onClick={() => send("redo")}
        >
          {t.classroom.redo}
        </button>
      )}
    </>
  );
}

/** Light or dark, whatever the system says. */
function ThemeButton({ store }: { store: Store }) {
  const { text, theme, resolvedTheme } = store;
  const other = resolvedTheme.value === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      class="flat"
      aria-label={text.value.shell.theme[other]}
      onClick={() => {
        theme.value = other;
      }}
    >
      {text.value.theme}
    </button>
  );
}

/** The button speaks the language that it leads to. */
function LanguageButton({ store: { language } }: { store: Store }) {
  const other = language.value === "en" ? "es" : "en";
  return (
    <button
      type="button"
      class="flat"
      lang={other}
      onClick={() => {
        language.value = other;
      }}
    >
      {other === "en" ? "English" : "Español"}
    </button>
  );
}
