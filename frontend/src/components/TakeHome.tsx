// What a person takes home: a link, a picture, a film, the model, a notebook, the code.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { MOST_WEIGHTS } from "../setup";
import type { Store } from "../store";
import { download, picture, save, type What } from "../take";
import { useName } from "./controls";

type Item = What | "link" | "weights" | "png" | "copy";

export function TakeHome({ store }: { store: Store }) {
  const { text, frame, run, language, said, hidden } = store;
  const t = text.value;
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useName();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState<Item | null>(null);
  const [done, setDone] = useState<{ item: Item; mark: string } | null>(null);
  useEffect(() => {
    if (!open) return;
    const leave = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", leave);
    addEventListener("focusin", leave);
    return () => {
      removeEventListener("pointerdown", leave);
      removeEventListener("focusin", leave);
    };
  }, [open]);
  useEffect(() => {
    if (!done) return;
    const soon = setTimeout(() => setDone(null), 2500);
    return () => clearTimeout(soon);
  }, [done]);

  const tell = (item: Item, words: string, mark = words) => {
    setDone({ item, mark });
    said.value = words;
  };
  const copy = async (item: Item, words: string) => {
    try {
      await navigator.clipboard.writeText(words);
      tell(item, t.copied);
      return true;
    } catch {
      return false; // a browser may forbid it
    }
  };
  const link = (item: Item, ...weights: Parameters<Store["link"]>) => {
    const address = store.link(...weights);
    history.replaceState(null, "", address);
    // Where copying is forbidden, the link stands in the address all the same.
    void copy(item, address).then((copied) => {
      if (!copied) tell(item, t.in_address);
    });
  };
  const take = async (what: What, item: Item = what) => {
    setBusy(item);
    const file = await store.take(what, language.value, store.shade.value);
    setBusy(null);
    if (!file) return; // the banner says why
    const copied = item === "copy" && (await copy(item, new TextDecoder().decode(file.bytes)));
    if (copied) return;
    download(file);
    tell(item, t.saved.replace("{name}", file.name), "✓");
  };
  const draw = async () => {
    const blob = await picture(store.place.root);
    if (!blob) return;
    save(blob, "neurona.png");
    tell("png", t.saved.replace("{name}", "neurona.png"), "✓");
  };

  const parameters = frame.value?.arrays.parameters;
  const small = (run.value?.parameters ?? Number.POSITIVE_INFINITY) <= MOST_WEIGHTS;
  const row = (item: Item, name: string, ending: string, act: () => void) => (
    <li key={item}>
      <button
        type="button"
        onClick={act}
        aria-disabled={busy !== null}
        {...(busy === item ? { "aria-busy": true } : {})}
      >
        <span>{name}</span>
        <small aria-hidden="true">
          {busy === item ? t.making : done?.item === item ? done.mark : ending}
        </small>
      </button>
    </li>
  );
  const file = (what: What, name: string, ending: string, item: Item = what) =>
    row(item, name, ending, () => {
      if (busy === null) void take(what, item);
    });
  return (
    <div
      class="take"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        setOpen(false);
        opener.current?.focus();
      }}
    >
      <button
        type="button"
        ref={opener}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {t.take_home} <i class="caret" aria-hidden="true" />
      </button>
      <div id={id} class="menu" hidden={!open} role="group" aria-label={t.take_home}>
        {!hidden.includes("link") && (
          <Group title={t.take_link}>
            {row("link", t.link, "", () => link("link", null))}
            {small &&
              row("weights", t.link_weights, "", () => {
                if (parameters) link("weights", parameters, frame.value?.arrays.frozen);
              })}
          </Group>
        )}
        <Group title={t.take_picture}>
          {!hidden.includes("result") && row("png", t.png, ".png", () => void draw())}
          {file("gif", t.gif, ".gif")}
        </Group>
        <Group title={t.take_on}>
          {file("code", t.take_code, ".py")}
          {file("code", t.copy_code, "", "copy")}
          {file("notebook", t.notebook, ".ipynb")}
          {file("model", t.model, ".safetensors")}
        </Group>
      </div>
    </div>
  );
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      <ul>{children}</ul>
    </section>
  );
}
