import { useEffect, useRef, useState } from "preact/hooks";
import type { Store } from "../state/store";
import { Challenge } from "./Challenge";
import { formatScore } from "./controls";
import { DataPanel } from "./DataPanel";
import { Microscope } from "./Microscope";
import { NetworkPanel } from "./NetworkPanel";
import { ResultPanel } from "./ResultPanel";
import { Toolbar } from "./Toolbar";

export function App({ store }: { store: Store }) {
  const { text, language, error, stopped, online, frame, hidden, host, run } = store;
  useEffect(() => {
    const press = (event: Event) => shortcut(store, event as KeyboardEvent);
    host.keyTarget.addEventListener("keydown", press);
    return () => host.keyTarget.removeEventListener("keydown", press);
  }, [store]);
  // Screen readers hear when the training starts or stops, not every frame.
  const playing = frame.value?.playing ?? false;
  const before = useRef(playing);
  useEffect(() => {
    if (before.current === playing) return;
    before.current = playing;
    store.announcement.value = playing
      ? text.value.playing
      : text.value.paused_at
          .replace("{step}", String(frame.value?.step ?? 0))
          .replace("{cost}", formatScore(frame.value?.cost));
  }, [playing]);
  const diverged = frame.value?.diverged;
  const divergence = text.value.diverged
    .replace("{layer}", String(diverged?.layer))
    .replace("{rate}", formatScore(diverged?.suggested_rate));
  const shown = (part: string) => !hidden.includes(part);
  const [over, setOver] = useState(false);
  const takes = (event: DragEvent) =>
    shown("data") && shown("csv") && event.dataTransfer?.types.includes("Files");
  // A page has one main landmark: in a notebook it belongs to the notebook.
  const Main = host.ownsPage ? "main" : "section";
  return (
    <Main
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
      {run.value && <Toolbar store={store} />}
      <div class="banners" role="status" aria-live="polite">
        {!online.value && <p class="banner">{text.value.lost}</p>}
        {stopped.value && (
          <p class="banner">
            {stopped.value[language.value]}
            <button type="button" onClick={store.restart}>
              {text.value.restart}
            </button>
          </p>
        )}
        {error.value && (
          <p class="banner">
            {error.value[language.value]}
            <button
              type="button"
              onClick={() => {
                error.value = null;
              }}
            >
              {text.value.dismiss}
            </button>
          </p>
        )}
        {diverged && <p class="banner">{divergence}</p>}
      </div>
      {run.value && (
        <>
          <Challenge store={store} />
          <p class="unseen" role="status" aria-live="polite">
            {store.announcement}
          </p>
          <div class="columns">
            {shown("data") && <DataPanel store={store} />}
            {shown("network") && <NetworkPanel store={store} />}
            {shown("result") && <ResultPanel store={store} />}
          </div>
          {store.microscope.open.value && <Microscope store={store} />}
        </>
      )}
    </Main>
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
  event.stopPropagation(); // a notebook binds these keys too
}
