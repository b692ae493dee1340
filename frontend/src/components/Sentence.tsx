// The sentence under the picture: what is happening right now, at most twice a second.

import { useEffect, useRef, useState } from "preact/hooks";
import { fill, type Language, TEXTS } from "../i18n";
import type { Frame } from "../server/messages";
import type { Store } from "../state/store";
import { TOOLS } from "./Tools";

const INTERVAL = 500; // milliseconds between two sentences
const LONG = 100; // letters: more take a smaller size, so that two lines hold them
const NOTHING = { en: "", es: "", kind: null };

type Said = NonNullable<Frame["sentence"]>;

export function Sentence({ store }: { store: Store }) {
  const { text, language, tool, frame, hidden } = store;
  const said = useThrottled(saidIn(frame.value));
  const words = said[language.value];
  const [fact, rest] = parts(words);
  const explained = TOOLS.doctor && !hidden.includes("doctor") && tool.value !== "doctor";
  return (
    <p class={words.length > LONG ? "now long" : "now"} aria-live="polite">
      <b>{fact}</b> {rest}{" "}
      {explained && said.kind && (
        <button
          type="button"
          class="flat why"
          onClick={() => {
            tool.value = "doctor";
          }}
        >
          {text.value.shell.why}
        </button>
      )}
    </p>
  );
}

/** The doctor's sentence; the line of the lesson that failed, if one has. */
function saidIn(frame: Frame | null): Said {
  const why = frame?.diverged;
  if (!why || !("line" in why)) return frame?.sentence ?? NOTHING;
  const say = (one: Language) => fill(TEXTS[one].bugs.stopped_short, { line: why.line });
  return { en: say("en"), es: say("es"), kind: null };
}

/** The fact ends at the first colon or full stop; the rest says what it means. */
function parts(words: string): [string, string] {
  const end = /[.:!?](?=\s)/.exec(words);
  return end ? [words.slice(0, end.index + 1), words.slice(end.index + 2)] : [words, ""];
}

function useThrottled(next: Said): Said {
  const [shown, setShown] = useState(next);
  const latest = useRef(next);
  const timer = useRef(0);
  const since = useRef(0);
  latest.current = next;
  useEffect(() => {
    if (timer.current) return;
    const wait = Math.max(0, since.current + INTERVAL - performance.now());
    timer.current = setTimeout(() => {
      timer.current = 0;
      since.current = performance.now();
      setShown(latest.current);
    }, wait) as unknown as number;
  }, [next.en, next.es]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return shown;
}
