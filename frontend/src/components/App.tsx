// The page: the mast, the row of controls, the picture with its sentence, and the column beside it.

import { useEffect, useRef, useState } from "preact/hooks";
import { fill } from "../i18n";
import type { Store } from "../state/store";
import { Challenge } from "./Challenge";

import { Cost } from "./Cost";
import { StoreContext } from "./context";
import { DrawingPad } from "./DrawingPad";
import { Flow } from "./Flow";
import { Hint } from "./Hint";
import { ImageKey } from "./ImageKey";
import { Key } from "./Key";
import { MainControls } from "./MainControls";
import { Mast } from "./Mast";
import { Messages } from "./Messages";
import { Network } from "./Network";
import { NeuronEditor } from "./NeuronEditor";
import { Notice } from "./Notice";
import { PointEditing } from "./PointEditing";
import { Sentence } from "./Sentence";
import { SeriesPlot } from "./SeriesPlot";
import { Surface } from "./Surface";
import { type Part, TOOLS, Tools } from "./Tools";

export function App({ store }: { store: Store }) {
  const { text, hidden, host, run, tool } = store;
  useEffect(() => {
    const press = (event: Event) => shortcut(store, event as KeyboardEvent);
    host.keyTarget.addEventListener("keydown", press);
    return () => host.keyTarget.removeEventListener("keydown", press);
  }, [store]);
  const [over, setOver] = useState(false);
  const takes = (event: DragEvent) =>
    !hidden.includes("data") &&
    !hidden.includes("csv") &&
    event.dataTransfer?.types.includes("Files");
  // A page has one main landmark: in a notebook it belongs to the notebook.
  const Main = host.ownsPage ? "main" : "section";
  return (
    <StoreContext.Provider value={store}>
      <Main
        class="playground"
        data-tool={tool.value ?? undefined}
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
        {run.value && <Mast store={store} />}
        {run.value && <MainControls store={store} />}
        <Messages store={store} />
        {run.value && (
          <>
            <Announcements store={store} />
            <div class={`columns ${hidden.includes("result") ? "without-picture" : ""}`}>
              {!hidden.includes("result") && (
                <section class="hero" aria-label={text.value.result}>
                  <div class="picture">
                    <Picture store={store} />
                    <Hint store={store} name="picture" />
                  </div>
                  {run.value.layers ? <ImageKey store={store} /> : <Key store={store} />}
                  <div class="sentence">
                    <Sentence store={store} />
                    <Hint store={store} name="now" />
                  </div>
                </section>
              )}
              <Side store={store} />
            </div>
            <Notice store={store} />
          </>
        )}
      </Main>
    </StoreContext.Provider>
  );
}

/** The plane with its points, or the example that runs through the network. */
function Picture({ store }: { store: Store }) {
  const example = store.run.value?.layers?.[0];
  if (example?.kind === "Series") return <SeriesPlot store={store} />;
  if (example) return <DrawingPad store={store} />;
  return (
    <PointEditing store={store}>
      <Surface store={store} />
    </PointEditing>
  );
}

/** The right column: a tool with what it keeps in view, or the network, the flow and the cost. */
function Side({ store }: { store: Store }) {
  const { tool, hidden, selection } = store;
  const entry = tool.value && TOOLS[tool.value];
  const selected = selection.value;
  const chosen = selected?.kind === "weight" || selected?.pinned;
  const below: readonly Part[] = entry
    ? (entry.below ?? [])
    : ["network", ...(chosen ? [] : (["flow", "cost"] as const))];
  const draw = (part: Part) => {
    if (hidden.includes(part === "cost" ? "result" : "network")) return null;
    if (part === "network") return <Network key={part} store={store} controls={!entry} />;
    return part === "flow" ? <Flow key={part} store={store} /> : <Cost key={part} store={store} />;
  };
  return (
    <div class="side">
      {tool.value !== "tour" && <Challenge store={store} />}
      {entry?.above?.map(draw)}
      <Tools store={store} />
      {below.map(draw)}
      {!entry && chosen && <NeuronEditor store={store} />}
    </div>
  );
}

/** Screen readers hear when the training starts or stops, not every frame. */
function Announcements({ store }: { store: Store }) {
  const { text, frame, write, announcement } = store;
  const playing = frame.value?.playing ?? false;
  const before = useRef(playing);
  useEffect(() => {
    if (before.current === playing) return;
    before.current = playing;
    announcement.value = playing
      ? text.value.playing
      : fill(text.value.paused_at, {
          step: write(frame.value?.step ?? 0),
          cost: write(frame.value?.cost),
        });
  }, [playing]);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {announcement}
    </p>
  );
}

function shortcut({ frame, send }: Store, event: KeyboardEvent): void {
  const at = event.target as HTMLElement;
  const written = event.key.toLowerCase();
  // A field undoes what one types in it.
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !at.closest("input, textarea")) {
    const again = written === "y" || (written === "z" && event.shiftKey);
    if (!again && written !== "z") return;
    send(again ? "redo" : "undo");
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (at.closest("input, select, textarea, [role=application]")) return;
  const key = event.key.toLowerCase();
  if (key === " " && !at.closest("button, summary")) send(frame.value?.playing ? "pause" : "play");
  else if (key === "arrowright") send("step");
  else if (key === "r") send("reset");
  else if (key === "n") send("reseed");
  else return;
  event.preventDefault();
  event.stopPropagation(); // a notebook binds these keys too
}
