// The sentence under the picture: what is happening right now, at most twice a second.

import { useEffect, useRef, useState } from "preact/hooks";
import { writeNumber } from "../i18n/numbers";
import type { LocalizedText } from "../server/messages";
import type { Store } from "../state/store";
import { TOOLS } from "./Tools";

const INTERVAL = 500; // milliseconds between two sentences

export function Sentence({ store }: { store: Store }) {
  const { text, language, tool, frame, hidden } = store;
  const said = useThrottled(sentenceOf(store));
  const [fact, rest] = parts(said[language.value]);
  const explained = TOOLS.doctor && !hidden.includes("doctor") && tool.value !== "doctor";
  return (
    <p class="now" aria-live="polite">
      <b>{fact}</b> {rest}{" "}
      {explained && frame.value?.sentence?.kind && (
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

/** The doctor's sentence; before it has one, the cost. */
function sentenceOf({ frame, texts, language }: Store): LocalizedText {
  const now = frame.value;
  const both = (say: (one: "en" | "es") => string) => ({ en: say("en"), es: say("es") });
  const number = (value: number | null | undefined, one: "en" | "es") =>
    value === null || value === undefined ? "–" : writeNumber(value, one);
  const why = now?.diverged;
  if (why) {
    return both((one) =>
      "line" in why
        ? texts[one].bugs.stopped_short.replace("{line}", String(why.line))
        : texts[one].diverged
            .replace("{layer}", String(why.layer))
            .replace("{rate}", writeNumber(why.suggested_rate, one, 2)),
    );
  }
  if (now?.sentence) return now.sentence;
  void language;
  const words = now?.step ? "so_far" : "untrained";
  return both((one) =>
    texts[one].shell[words]
      .replace("{cost}", number(now?.cost, one))
      .replace("{step}", writeNumber(now?.step ?? 0, one)),
  );
}

/** The fact is the first sentence; the rest says what it means. */
function parts(words: string): [string, string] {
  const end = /[.:!?](?=\s)/.exec(words);
  return end ? [words.slice(0, end.index + 1), words.slice(end.index + 2)] : [words, ""];
}

function useThrottled(next: LocalizedText): LocalizedText {
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
