// Small labeled controls that all parts share.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { fill } from "../i18n";
import { editableNumber, readNumber, writeNumber } from "../i18n/numbers";
import type { NumberLimits } from "../server/messages";
import type { Word } from "../state/words";
import { useStore } from "./context";
import { useUniqueId } from "./unique-id";
import { WordCard } from "./WordCard";

interface Labelled {
  label: string;
  /** The word whose card explains the control. */
  word?: Word;
}

/** A label above its control, with the card of its word. */
function Field({
  label,
  word,
  id,
  value,
  children,
}: Labelled & { id: string; value?: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <div class="field-name">
        <label for={id}>{label}</label>
        {word && <WordCard word={word} label={label} />}
        {value !== undefined && <output for={id}>{value}</output>}
      </div>
      {children}
    </div>
  );
}

export function Select({
  label,
  word,
  value,
  options,
  name,
  onChange,
}: Labelled & {
  value: string;
  options: readonly string[];
  name?: (option: string) => string;
  onChange: (value: string) => void;
}) {
  const id = useUniqueId();
  return (
    <Field label={label} id={id} {...(word ? { word } : {})}>
      <select id={id} value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        {options.map((one) => (
          <option value={one} key={one}>
            {name ? name(one) : one}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface NumberControl {
  value: number | null;
  limits: NumberLimits;
  whole?: boolean;
  /** The meaning of an empty field; without it, the field may not be empty. */
  empty?: string;
  onChange: (value: number | null) => void;
}

/** A number under its label. */
export function NumberField({ label, word, ...number }: Labelled & NumberControl) {
  const id = useUniqueId();
  return (
    <Field label={label} id={id} {...(word ? { word } : {})}>
      <NumberInput id={id} {...number} />
    </Field>
  );
}

/** A number, written as the language writes it, committed on Enter or on blur. A value that does not
 * fit stays in the field, and the reason stands beside it. */
export function NumberInput({
  id,
  label,
  value,
  limits,
  whole = false,
  empty,
  onChange,
  onFocus,
}: NumberControl & { id?: string; label?: string; onFocus?: () => void }) {
  const { language, text } = useStore();
  const reason = useUniqueId();
  // A draft survives re-renders while the user types.
  const [draft, setDraft] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const shown = draft ?? (value === null ? "" : editableNumber(value, language.value));
  const commit = (typed: string) => {
    if (typed.trim() === "" && empty !== undefined) {
      setDraft(null);
      setWrong(null);
      if (value !== null) onChange(null);
      return;
    }
    const next = readNumber(typed, language.value);
    const { min, max, above } = limits;
    const fits = (above ? next > min : next >= min) && next <= max;
    if (fits && (!whole || Number.isInteger(next))) {
      setDraft(null);
      setWrong(null);
      if (next !== value) onChange(next);
      return;
    }
    const words = text.value.shell[whole ? "whole_limits" : above ? "above_limits" : "limits"];
    setWrong(
      fill(words, { min: writeNumber(min, language.value), max: writeNumber(max, language.value) }),
    );
  };
  return (
    <>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        autocomplete="off"
        class="number"
        aria-label={label}
        aria-invalid={wrong !== null}
        aria-describedby={wrong === null ? undefined : reason}
        value={shown}
        placeholder={empty}
        {...(onFocus ? { onFocus } : {})}
        onInput={(e) => setDraft(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter") commit(e.currentTarget.value);
          const by = { ArrowUp: 1, ArrowDown: -1 }[e.key];
          if (!by || !whole) return;
          e.preventDefault();
          const now = readNumber(e.currentTarget.value, language.value);
          const next = Number.isNaN(now) ? limits.min : now + by;
          commit(String(Math.min(limits.max, Math.max(limits.min, next))));
        }}
        onBlur={(e) => {
          if (draft !== null) commit(e.currentTarget.value);
        }}
      />
      {wrong !== null && (
        <small class="wrong" id={reason} role="alert">
          {wrong}
        </small>
      )}
    </>
  );
}

export function Slider({
  label,
  word,
  value,
  limits,
  step,
  show,
  onChange,
}: Labelled & {
  value: number;
  limits: NumberLimits;
  step: number;
  show?: (value: number) => string;
  onChange: (value: number) => void;
}) {
  const { language } = useStore();
  const id = useUniqueId();
  const written = show ? show(value) : writeNumber(value, language.value);
  return (
    <Field label={label} id={id} value={written} {...(word ? { word } : {})}>
      <input
        id={id}
        type="range"
        value={value}
        min={limits.min}
        max={limits.max}
        step={step}
        aria-valuetext={written}
        onChange={(e) => onChange(Number(e.currentTarget.value))}
      />
    </Field>
  );
}

export function Checkbox({
  label,
  word,
  on,
  onChange,
}: Labelled & { on: boolean; onChange: (on: boolean) => void }) {
  return (
    <span class="switch">
      <label>
        <input type="checkbox" checked={on} onChange={(e) => onChange(e.currentTarget.checked)} />
        <span>{label}</span>
      </label>
      {word && <WordCard word={word} label={label} />}
    </span>
  );
}

/** A name from the data: one line, truncated, with the whole name as tooltip. */
export function Truncated({ children }: { children: string }) {
  return (
    <span class="cut" title={children}>
      {children}
    </span>
  );
}
