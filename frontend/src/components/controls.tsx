// Small labeled controls that all panels share.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { NumberLimits } from "../server/messages";

interface Labelled {
  label: string;
  hint?: string;
}

export function Select({
  label,
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
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        {options.map((one) => (
          <option value={one} key={one}>
            {name ? name(one) : one}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A number, committed on Enter, by the arrows, or on blur. */
export function NumberField({
  label,
  value,
  limits,
  step,
  onChange,
  empty,
}: Labelled & {
  value: number | null;
  limits: NumberLimits;
  step: number | "any";
  empty?: string;
  onChange: (value: number | null) => void;
}) {
  // A draft survives re-renders while the user types.
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        value={draft ?? value ?? ""}
        min={limits.min}
        max={limits.max}
        step={step}
        placeholder={empty}
        onInput={(e) => setDraft(e.currentTarget.value)}
        onBlur={() => setDraft(null)}
        onChange={(e) => {
          setDraft(null);
          const given = e.currentTarget.value;
          const excluded = limits.above && Number(given) <= limits.min;
          e.currentTarget.setCustomValidity(excluded ? `> ${limits.min}` : "");
          if (given === "") onChange(null);
          else if (e.currentTarget.checkValidity()) onChange(Number(given));
          else e.currentTarget.reportValidity();
        }}
      />
    </label>
  );
}

export function Slider({
  label,
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
  return (
    <label class="field wide">
      <span>
        {label} <b>{show ? show(value) : value}</b>
      </span>
      <input
        type="range"
        value={value}
        min={limits.min}
        max={limits.max}
        step={step}
        onChange={(e) => onChange(Number(e.currentTarget.value))}
      />
    </label>
  );
}

export function Checkbox({
  label,
  on,
  onChange,
}: Labelled & { on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="switch">
      <input type="checkbox" checked={on} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

export function Panel({
  title,
  name,
  children,
}: {
  title: string;
  name: string;
  children: ComponentChildren;
}) {
  return (
    <section class={`panel ${name}`} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
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

/** An id for an element. Preact's useId repeats itself where a page holds several views. */
export function useUniqueId(): string {
  return useState(() => `n${Math.random().toString(36).slice(2)}`)[0];
}

/** Four decimals, or scientific notation for very small and very large numbers. */
export function formatScore(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 10000) ? value.toExponential(2) : value.toFixed(4);
}
