// A word's card: one sentence, a small picture, and one experiment, which a button sets up.

import { useRef, useState } from "preact/hooks";
import { experiment, type Word } from "../state/words";
import { useStore } from "./context";
import { useLeaving } from "./leaving";
import { useUniqueId } from "./unique-id";
import { WORD_PICTURES } from "./word-pictures";

/** The button that opens the card. `label` is the word as the control names it. */
export function WordCard({ word, label }: { word: Word; label: string }) {
  const store = useStore();
  const t = store.text.value;
  const box = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useUniqueId();
  const [open, setOpen] = useState(false);
  useLeaving(box, open, () => setOpen(false));
  const { says, try: trial } = t.words[word];
  const changed = experiment(word, store.setup.value);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the card from any child.
    <span
      class="word"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.preventDefault();
        event.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button
        type="button"
        class="help"
        ref={button}
        aria-label={t.shell.explain}
        aria-description={label}
        aria-expanded={open}
        {...(open ? { "aria-controls": id } : {})}
        onClick={() => setOpen(!open)}
      >
        ?
      </button>
      {open && (
        <span
          class={`card ${toTheLeft(box.current) ? "to-left" : ""}`}
          id={id}
          role="group"
          aria-label={label}
        >
          <b>{label}</b>
          <span>{says}</span>
          <span class="experiment">
            <svg viewBox="0 0 64 32" aria-hidden="true">
              <path d={WORD_PICTURES[word]} />
            </svg>
            <span>
              <b>{t.shell.experiment}</b> {trial}
            </span>
          </span>
          {changed && (
            <button
              type="button"
              onClick={() => {
                setOpen(false);
                store.changeSetup(changed);
              }}
            >
              {t.shell.set_up}
            </button>
          )}
        </span>
      )}
    </span>
  );
}

/** Whether a card that opens to the right would leave the page. */
function toTheLeft(box: HTMLElement | null): boolean {
  const page = box?.closest(".playground")?.getBoundingClientRect();
  if (!box || !page) return false;
  return box.getBoundingClientRect().left - page.left > page.width / 2;
}
