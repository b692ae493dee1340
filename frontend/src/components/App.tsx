import { useEffect, useRef, useState } from "preact/hooks";
import type { Store } from "../store";
import { Challenge } from "./Challenge";
import { digits } from "./controls";
import { Data } from "./Data";
import { Microscope } from "./Microscope";
import { Network } from "./Network";
import { Result } from "./Result";
import { Transport } from "./Transport";

export function App({ store }: { store: Store }) {
  const { text, language, problem, online, frame, hidden, place } = store;
  useEffect(() => {
    const press = (event: Event) => shortcut(store, event as KeyboardEvent);
    place.keys.addEventListener("keydown", press);
    return () => place.keys.removeEventListener("keydown", press);
  }, [store]);
  // Said when the training starts or stops, not at every frame.
  const playing = frame.value?.playing ?? false;
  const before = useRef(playing);
  useEffect(() => {
    if (before.current === playing) return;
    before.current = playing;
    store.said.value = playing
      ? text.value.playing
      : text.value.paused_at
          .replace("{step}", String(frame.value?.step ?? 0))
          .replace("{cost}", digits(frame.value?.cost));
  }, [playing]);
  const diverged = frame.value?.diverged;
  const said = text.value.diverged
    .replace("{layer}", String(diverged?.layer))
    .replace("{rate}", digits(diverged?.suggested_rate));
  const shown = (part: string) => !hidden.includes(part);
  const [over, setOver] = useState(false);
  const takes = (event: DragEvent) =>
    shown("data") && shown("csv") && event.dataTransfer?.types.includes("Files");
  // A page has one main part: the notebook's is its own.
  const Whole = place.own ? "main" : "section";
  return (
    <Whole
      class="playground"
      aria-label={text.value.main}
      onDragOver={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (!takes(event) || !file) return;
        event.preventDefault();
        void store.table.open(file);
      }}
    >
      {over && <p class="drop">{text.value.drop_here}</p>}
      <Transport store={store} />
      <div class="banners" role="status" aria-live="polite">
        {!online.value && <p class="banner">{text.value.lost}</p>}
        {problem.value && (
          <p class="banner">
            {problem.value[language.value]}
            <button
              type="button"
              onClick={() => {
                problem.value = null;
              }}
            >
              {text.value.dismiss}
            </button>
          </p>
        )}
        {diverged && <p class="banner">{said}</p>}
      </div>
      <Challenge store={store} />
      <p class="unseen" role="status" aria-live="polite">
        {store.said}
      </p>
      <div class="columns">
        {shown("data") && <Data store={store} />}
        {shown("network") && <Network store={store} />}
        {shown("result") && <Result store={store} />}
      </div>
      {store.microscope.open.value && <Microscope store={store} />}
    </Whole>
  );
}

function shortcut({ frame, send }: Store, event: KeyboardEvent): void {
  const at = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (at.closest("input, select, textarea, [role=application]")) return;
  const key = event.key.toLowerCase();
  if (key === " " && !at.closest("button")) send(frame.value?.playing ? "pause" : "play");
  else if (key === "arrowright") send("step");
  else if (key === "r") send("reset");
  else if (key === "n") send("reseed");
  else return;
  event.preventDefault();
  event.stopPropagation(); // a notebook has a meaning of its own for these keys
}
