// The bug lab: a classic mistake is switched on, trains, and is found with its line.

import { useEffect, useRef } from "preact/hooks";
import { fill } from "../../i18n";
import type { LocalizedText } from "../../server/messages";
import { type BugEntry, changedSettings, withBug, withSquareLayers } from "../../state/bugs";
import type { Store } from "../../state/store";
import { ToolPanel } from "../ToolPanel";

export function BugLab({ store }: { store: Store }) {
  const { text, language, bugs } = store;
  const t = text.value.bugs;
  const lab = bugs.lab.value;
  const on = bugs.bug.value;
  const say = (words: LocalizedText) => words[language.value];
  return (
    <ToolPanel store={store} title={text.value.shell.tool.bugs} name="bugs">
      {!lab && <p class="note">{text.value.looking}</p>}
      {lab?.refusal && on === null && <p class="note">{say(lab.refusal)}</p>}
      {lab && (on === null ? <Choice store={store} bugs={lab.bugs} /> : <Search store={store} />)}
      {lab?.program && (
        <>
          <h3>{t.program}</h3>
          <Program store={store} lines={lab.program[language.value]} />
        </>
      )}
    </ToolPanel>
  );
}

function switchOn(store: Store, name: string, hide: boolean): void {
  const { bugs, run, setup } = store;
  const before = setup.value;
  const next = withBug(before, name, run.value?.classes ?? 0);
  store.changeSetup(next);
  bugs.also.value = changedSettings(before, next);
  bugs.guessing.value = hide;
}

/** All bugs, each with one sentence. */
function Choice({ store, bugs }: { store: Store; bugs: BugEntry[] }) {
  const { text, language, run } = store;
  const t = text.value.bugs;
  const say = (words: LocalizedText) => words[language.value];
  // A softmax needs classes; all else that a bug needs is set with it.
  const fits = (one: BugEntry) => one.name !== "softmax-jacobian" || (run.value?.classes ?? 0) > 0;
  const atRandom = () => {
    const possible = bugs.filter(fits);
    const one = possible[Math.floor(Math.random() * possible.length)];
    if (one) switchOn(store, one.name, true);
  };
  return (
    <>
      <p class="says">{t.intro}</p>
      <button type="button" class="at-random" onClick={atRandom}>
        {t.at_random}
      </button>
      <ul class="bug-list">
        {bugs.map((one) => (
          <li key={one.name}>
            <button
              type="button"
              disabled={!fits(one)}
              onClick={() => switchOn(store, one.name, false)}
            >
              <b>{say(one.title)}</b>
              <span>{say(one.wrong)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The bug that is on: its name, unless it is to be guessed; and what finds it. */
function Search({ store }: { store: Store }) {
  const { text, language, bugs, frame } = store;
  const t = text.value.bugs;
  const say = (words: LocalizedText) => words[language.value];
  const { finding, guessing, guess, busy, also } = bugs;
  const known = !guessing.value || finding.value !== null;
  const entry = bugs.lab.value?.bugs.find((one) => one.name === bugs.bug.value);
  const diverged = frame.value?.diverged;
  const mend = () => store.changeSetup({ ...store.setup.value, bug: null });
  return (
    <>
      <div class="says" role="status" aria-live="polite">
        <p>
          <b>{known && entry ? `${say(entry.title)}.` : t.hidden}</b>{" "}
          {known && entry ? say(entry.wrong) : t.hidden_hint}
        </p>
        {known && entry && !finding.value && <p>{say(entry.shows)}</p>}
        {diverged && "line" in diverged && (
          <p>
            {fill(t.stopped, { line: diverged.line })} <code>{diverged.message}</code>
          </p>
        )}
        {finding.value && <Result store={store} />}
      </div>
      <div class="row">
        <button type="button" class="main" aria-disabled={busy.value} onClick={bugs.find}>
          {busy.value ? t.looking : t.find}
        </button>
        <button type="button" onClick={mend}>
          {t.mend}
        </button>
        {guessing.value && guess.value !== null && !finding.value && (
          <small>{fill(t.guessed, { line: guess.value })}</small>
        )}
      </div>
      {bugs.bug.value === "transpose" && known && <Squares store={store} />}
      {also.value.length > 0 && (
        <p class="note">
          {t.also}{" "}
          {also.value
            .map((one) => (one === "test_share" ? t.test_share : text.value[one]).toLowerCase())
            .join(", ")}
          .
        </p>
      )}
    </>
  );
}

function Result({ store }: { store: Store }) {
  const { text, language, bugs } = store;
  const t = text.value.bugs;
  const say = (words: LocalizedText) => words[language.value];
  const { found, silent } = bugs.finding.value ?? { found: null, silent: null };
  const guess = bugs.guess.value;
  if (!found) {
    const why = silent ? fill(t.silent, { why: say(silent) }) : t.nothing;
    return <p>{why}</p>;
  }
  return (
    <>
      <p>
        <b>{fill(t.found, { line: found.line })}</b> {say(found.said)}
        {guess !== null &&
          ` ${guess === found.line ? t.right_guess : t.wrong_guess}`.replace(
            "{line}",
            String(guess),
          )}
      </p>
      <p>
        {found.explained.slice(1).map(say).join(" ")} {t.right_line} <code>{found.right}</code>
      </p>
    </>
  );
}

/** A forgotten transpose runs where all layers are equally wide. */
function Squares({ store }: { store: Store }) {
  const { text, run, setup, limits } = store;
  const classes = run.value?.classes ?? 0;
  const topology = run.value?.topology ?? [];
  const inputs = limits.value.inputs.each;
  const is = new Set(topology).size === 1;
  if (is || classes === 0 || classes > inputs.length || setup.value.layers.length === 0) {
    return null;
  }
  return (
    <p class="note">
      {text.value.bugs.squares}{" "}
      <button
        type="button"
        class="flat"
        onClick={() => store.changeSetup(withSquareLayers(setup.value, classes, inputs))}
      >
        {text.value.bugs.make_squares}
      </button>
    </p>
  );
}

/** The program's text; a line can be guessed until one is found, which is lit. */
function Program({ store, lines }: { store: Store; lines: string[] }) {
  const { text, bugs, frame } = store;
  const t = text.value.bugs;
  const box = useRef<HTMLDivElement>(null);
  const { guess, guessing, finding } = bugs;
  const diverged = frame.value?.diverged;
  const stopped = diverged && "line" in diverged ? diverged.line : null;
  const found = finding.value?.found?.line ?? null;
  const lit = found ?? stopped;
  const asks = guessing.value && finding.value === null;
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>(`[value="${lit}"]`);
    if (!box.current || !line || lit === null) return;
    box.current.scrollTop = line.offsetTop - box.current.clientHeight / 2;
  }, [lit]);
  const move = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const buttons = [...(box.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    buttons[buttons.indexOf(event.target as HTMLElement) + by]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  const first = lines.findIndex((one) => one.trim()) + 1;
  return (
    <div class="program" ref={box} tabIndex={0} role="group" aria-label={t.program}>
      <ol>
        {lines.map((line, i) => {
          const number = i + 1;
          const can = asks && line.trim() !== "" && !line.trim().startsWith("#");
          return (
            <li
              key={number}
              value={number}
              class={guess.value === number ? "guess" : ""}
              aria-current={lit === number ? "step" : undefined}
            >
              {can ? (
                <button
                  type="button"
                  class="line"
                  aria-pressed={guess.value === number}
                  aria-label={`${number}: ${line.trim()}`}
                  tabIndex={number === (guess.value ?? first) ? 0 : -1}
                  onKeyDown={move}
                  onClick={() => {
                    guess.value = number;
                  }}
                >
                  <code>{line}</code>
                </button>
              ) : (
                <code>{line || " "}</code>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Leads here from other tools. */
export function BugLabLink({ store }: { store: Store }) {
  const { text, tool, hidden, bugs, run } = store;
  if (hidden.includes("bugs") || run.value?.layers) return null;
  return (
    <p class="note to-bugs">
      {bugs.bug.value !== null && `${text.value.bugs.is_on} `}
      <button
        type="button"
        class="flat"
        onClick={() => {
          tool.value = "bugs";
        }}
      >
        {text.value.shell.tool.bugs}…
      </button>
    </p>
  );
}
