// The map's panel: what is to be drawn; the map as it fills; and the cell that one looks at.

import { useState } from "preact/hooks";
import { fill } from "../../i18n";
import { copyText } from "../../server/clipboard";
import type { Store } from "../../state/store";
import { learningCells, lessonChoice, type Place } from "../../state/sweep";
import { ToolPanel } from "../ToolPanel";
import { SweepCell } from "./SweepCell";
import { SweepChoice } from "./SweepChoice";
import { SweepGrid, saveMap } from "./SweepGrid";

const LESSON = "stuck"; // the example whose failure the lesson is about

export function Sweep({ store }: { store: Store }) {
  const { sweep, text, examples } = store;
  const t = text.value.sweep;
  const map = sweep.map.value;
  const [choosing, setChoosing] = useState(!map);
  const lesson = examples.value[LESSON];
  const draw = (base: typeof lesson) => {
    if (!base) return;
    sweep.draw(base);
    setChoosing(false);
  };
  return (
    <ToolPanel store={store} title={t.title} note={t.note} name="sweep">
      {map && (
        <DrawnMap store={store} onChange={() => setChoosing(!choosing)} choosing={choosing} />
      )}
      {choosing && (
        <>
          {!map && <p class="says">{t.says}</p>}
          {lesson && (
            <p class="suggestion">
              <button
                type="button"
                class={map ? "" : "main"}
                onClick={() => {
                  store.openExample(LESSON);
                  sweep.choose(lessonChoice(lesson));
                  draw(lesson);
                }}
              >
                {t.lesson}
              </button>{" "}
              <span class="quiet">{t.lesson_about}</span>
            </p>
          )}
          <h3>{t.own}</h3>
          <SweepChoice store={store} onDraw={() => draw(store.setup.value)} />
        </>
      )}
    </ToolPanel>
  );
}

/** The map as far as it is drawn, and the cell that one points at. */
function DrawnMap({
  store,
  onChange,
  choosing,
}: {
  store: Store;
  onChange: () => void;
  choosing: boolean;
}) {
  const { sweep, text, write } = store;
  const t = text.value.sweep;
  const map = sweep.map.value;
  const [pointed, setPointed] = useState<Place | null>(null);
  if (!map) return null;
  const running = sweep.isRunning.value;
  const share = write(Math.round(100 * map.share));
  const place = pointed ?? sweep.opened.value?.place ?? null;
  const size = map.axes.reduce((product, axis) => product * axis.values.length, 1);
  const says = {
    waiting: t.waiting,
    running: fill(t.drawing, { share }),
    stopped: fill(t.stopped, { share }),
    late: fill(t.late, { share }),
    done: fill(t.found, { n: write(learningCells(map)), cells: write(size) }),
  }[map.state];
  return (
    <>
      <div class="map-head">
        <p>
          {running ? (
            <>
              <progress value={map.share || undefined} aria-label={says} />{" "}
              <span aria-hidden="true">{says}</span>
            </>
          ) : (
            <b role="status">{says}</b>
          )}
        </p>
        <span class="map-actions">
          {running && (
            <button type="button" onClick={sweep.stop}>
              {t.stop}
            </button>
          )}
          {map.zoom && (
            <button type="button" onClick={sweep.zoom}>
              {t.zoom}
            </button>
          )}
          {sweep.past.value.length > 0 && (
            <button type="button" onClick={sweep.back}>
              {t.back}
            </button>
          )}
        </span>
      </div>
      {map.axes.length > 0 && (
        <>
          <SweepGrid store={store} map={map} onPoint={setPointed} />
          <div class="map-foot">
            <span class="map-key">
              {t.key} <span>0 %</span> <i /> <span>100 %</span>
            </span>
            <CopyLink store={store} />
            <button type="button" class="flat" onClick={() => void saveMap(store, map)}>
              {t.png}
            </button>
            <button type="button" class="flat" aria-expanded={choosing} onClick={onChange}>
              {t.change}
            </button>
          </div>
          <SweepCell store={store} map={map} place={place} />
          <p class="quiet">
            {fill(t.how, { below: write(map.below, 2), steps: write(map.steps) })}
          </p>
        </>
      )}
    </>
  );
}

/** A link to this panel with the same grid. */
function CopyLink({ store }: { store: Store }) {
  const { text, classroom, announcement, hidden } = store;
  const t = text.value;
  const [done, setDone] = useState<string | null>(null);
  if (hidden.includes("link")) return null;
  const copy = async () => {
    const fragment = store.fragment();
    history.replaceState(null, "", fragment);
    const copied = await copyText(await classroom.linkTo(fragment));
    announcement.value = copied ? t.copied : t.in_address;
    setDone(announcement.value);
    setTimeout(() => setDone(null), 2500);
  };
  return (
    <button type="button" class="flat" onClick={() => void copy()}>
      {done ?? t.sweep.link}
    </button>
  );
}
