// The teacher's desk: what the class sees, its goal, and the link that opens it.

import { useEffect, useRef, useState } from "preact/hooks";
import { fill } from "../../i18n";
import { copyText } from "../../server/clipboard";
import { GOALS } from "../../state/challenges";
import { type ClassPart, type DeskGoal, PARTS } from "../../state/classroom";
import { exampleName } from "../../state/labels";
import type { Store } from "../../state/store";
import type { Tool } from "../../state/tools";
import { NumberField, Select } from "../controls";
import { ToolPanel } from "../ToolPanel";
import { useUniqueId } from "../unique-id";

const AGAIN = 3000; // milliseconds until it is asked again how many are in

export function ClassDesk({ store, tools }: { store: Store; tools: Tool[] }) {
  const { text, classroom } = store;
  const t = text.value.classroom;
  const { desk, link } = classroom;
  const [at, setAt] = useState<string | null>(null);
  const { hidden, goal, large } = desk.value;
  const fragment = store.fragment({ ...classroom.prepared(), hidden: [...hidden, "class"] });
  useEffect(() => {
    const prepare = () => classroom.prepare(fragment, at);
    const soon = setTimeout(prepare, 150); // a slider moves
    const again = setInterval(prepare, AGAIN);
    return () => {
      clearTimeout(soon);
      clearInterval(again);
    };
  }, [fragment, at]);
  const parts = PARTS.filter((one) => !isTool(one) || tools.includes(one));
  const see = (part: ClassPart, seen: boolean) => {
    const others = hidden.filter((one) => one !== part);
    desk.value = { ...desk.value, hidden: seen ? others : [...others, part] };
  };
  return (
    <ToolPanel store={store} title={t.title} note={t.note} name="desk">
      {link.value && <Links store={store} at={at} choose={setAt} />}
      <div class="halves">
        <fieldset>
          <legend>{t.sees}</legend>
          {parts
            .filter((part) => !INNER.includes(part))
            .map((part) => (
              <Choice
                key={part}
                words={t.part[part]}
                on={!hidden.includes(part)}
                onChange={(seen) => see(part, seen)}
              />
            ))}
          <div class="inner" role="group" aria-label={t.part.settings[0]}>
            {INNER.map((part) => (
              <Choice
                key={part}
                words={[t.part[part][0] ?? part]}
                on={!hidden.includes(part)}
                disabled={hidden.includes("settings")}
                onChange={(seen) => see(part, seen)}
              />
            ))}
          </div>
          <Choice
            words={t.large}
            on={large}
            onChange={(on) => {
              desk.value = { ...desk.value, large: on };
            }}
          />
        </fieldset>
        <div>
          <GoalChoice store={store} goal={goal} />
          <h3>{t.preview}</h3>
          <Preview store={store} parts={parts} />
        </div>
      </div>
    </ToolPanel>
  );
}

const INNER: ClassPart[] = ["data", "csv", "inputs", "optimizer"]; // parts of the settings

const isTool = (part: ClassPart): part is ClassPart & Tool =>
  ["tour", "doctor", "sweep", "microscope", "take", "bugs"].includes(part);

function Choice({
  words: [name, note],
  on,
  disabled = false,
  onChange,
}: {
  words: readonly string[];
  on: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={on && !disabled}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {name} {note && <small>{note}</small>}
      </span>
    </label>
  );
}

function GoalChoice({ store, goal }: { store: Store; goal: DeskGoal }) {
  const { text, classroom } = store;
  const t = text.value.classroom;
  const { desk } = classroom;
  const names: Record<string, string> = {
    none: t.no_goal,
    cost: t.cost_goal,
    accuracy: t.accuracy_goal,
  };
  const change = (more: Partial<typeof desk.value>) => {
    desk.value = { ...desk.value, ...more };
  };
  return (
    <>
      <Select
        label={t.goal}
        value={goal}
        options={["none", "cost", "accuracy", ...Object.keys(GOALS)]}
        name={(one) => names[one] ?? exampleName(one, text.value)}
        onChange={(one) => change({ goal: one })}
      />
      {goal === "cost" && (
        <NumberField
          label={t.bound}
          value={desk.value.cost}
          limits={{ min: 0, max: 1000, above: true }}
          onChange={(cost) => cost !== null && change({ cost })}
        />
      )}
      {goal === "accuracy" && (
        <NumberField
          label={t.percent}
          value={desk.value.accuracy}
          limits={{ min: 1, max: 100, above: false }}
          onChange={(accuracy) => accuracy !== null && change({ accuracy })}
        />
      )}
    </>
  );
}

/** The page of the class, in boxes. */
function Preview({ store, parts }: { store: Store; parts: ClassPart[] }) {
  const { text, classroom } = store;
  const t = text.value;
  const { hidden, goal, large } = classroom.desk.value;
  const shown = (part: ClassPart) => !hidden.includes(part);
  const tools = parts.filter((one) => isTool(one) && shown(one));
  return (
    <div class={`preview ${large ? "large" : ""}`}>
      <p class="names">
        <b>neurona</b> {tools.map((one) => t.classroom.part[one][0]).join(" · ")}
      </p>
      {goal !== "none" && <p>{t.classroom.goal}</p>}
      <div class="boxes">
        <p class="box picture">{t.classroom.picture}</p>
        {shown("network") && <p class="box">{t.classroom.part.network[0]}</p>}
      </div>
      {shown("settings") && (
        <p class="box">
          {t.classroom.part.settings[0]}
          {": "}
          {INNER.filter(shown)
            .map((one) => t.classroom.part[one][0])
            .join(", ")}
        </p>
      )}
    </div>
  );
}

function Links({
  store,
  at,
  choose,
}: {
  store: Store;
  at: string | null;
  choose: (at: string) => void;
}) {
  const { text, classroom, announcement } = store;
  const t = text.value.classroom;
  const id = useUniqueId();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<"short" | "long" | "failed" | null>(null);
  const link = classroom.link.value;
  if (!link) return null;
  const copy = async (which: "short" | "long") => {
    const done = await copyText(link[which]);
    setCopied(done ? which : "failed");
    if (!done) field.current?.select();
    announcement.value = done ? t.copied : t.not_copied;
    setTimeout(() => setCopied(null), 2500);
  };
  return (
    <section class="links" aria-labelledby={`${id}-title`}>
      <QrCode store={store} rows={link.qr} link={link.short} />
      <div>
        <h3 id={`${id}-title`}>{t.link}</h3>
        {link.addresses.length === 0 && (
          <p class="warning">
            {t.here_only} <code>neurona play --host 0.0.0.0</code>
          </p>
        )}
        <div class="copied">
          <input
            ref={field}
            type="text"
            class="link"
            readOnly
            aria-label={t.link}
            value={link.short}
            onFocus={(event) => event.currentTarget.select()}
          />
          <button type="button" onClick={() => void copy("short")}>
            {copied === "short" ? t.copied : t.copy}
          </button>
        </div>
        {link.addresses.length > 1 && (
          <Select
            label={t.address}
            value={at ?? link.addresses[0] ?? ""}
            options={link.addresses}
            onChange={choose}
          />
        )}
        {copied === "failed" && <p role="alert">{t.not_copied}</p>}
        <p>
          {link.addresses.length > 0 && `${t.anywhere} `}
          {t.goes_along}{" "}
          <span class="inside">{fill(t.inside, { inside: link.inside, most: link.most })}</span>
        </p>
        <p>
          <button type="button" class="flat" onClick={() => void copy("long")}>
            {copied === "long" ? t.copied : t.long}
          </button>{" "}
          <small>{t.long_note}</small>
        </p>
      </div>
    </section>
  );
}

/** A QR code, which a click shows as large as the screen. */
function QrCode({ store, rows, link }: { store: Store; rows: string[]; link: string }) {
  const t = store.text.value;
  const large = useRef<HTMLDialogElement>(null);
  if (!rows.length) return null;
  const size = rows.length + 8; // with its quiet border
  const dark = rows
    .flatMap((row, y) =>
      [...row].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : "")),
    )
    .join("");
  const code = (
    <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t.classroom.qr}>
      <path fill="#fff" d={`M0 0h${size}v${size}H0z`} />
      <path d={dark} shape-rendering="crispEdges" />
    </svg>
  );
  return (
    <>
      <button
        type="button"
        class="qr"
        title={t.classroom.enlarge}
        onClick={() => large.current?.showModal()}
      >
        {code}
      </button>
      <dialog
        ref={large}
        class="whole-qr"
        aria-label={t.classroom.qr}
        onKeyDown={(event) => event.stopPropagation()} // Escape closes the dialog, not the desk
        onClick={() => large.current?.close()}
      >
        {code}
        <p>{link}</p>
        <button type="button">{t.close}</button>
      </dialog>
    </>
  );
}
