// The lesson's train() beside the formulas: the executed line, and the variables.

import { useEffect, useRef } from "preact/hooks";
import { formatNumber } from "../formulas/mathml";
import { fill, type Texts } from "../i18n";
import { writeNumber } from "../i18n/numbers";
import type { Lesson } from "../server/messages";
import { choiceName } from "../state/labels";
import { variablesAt } from "../state/microscope";
import type { Store } from "../state/store";

export function LessonCode({ store, lesson }: { store: Store; lesson: Lesson }) {
  const { text, language, microscope } = store;
  const t = text.value;
  const box = useRef<HTMLDivElement>(null);
  const { moments: lines, refusal } = lesson;
  const line = microscope.line.value;
  const current = lines[line];
  const changed = new Set(line > 0 ? current?.variables.map((one) => one.name) : []);
  useEffect(() => {
    const currentRow = box.current?.querySelector<HTMLElement>("[aria-current]");
    if (!box.current || !currentRow) return;
    box.current.scrollTop = currentRow.offsetTop - box.current.clientHeight / 2;
  }, [current?.number]);
  return (
    <section class="lesson" aria-label={t.lesson_code}>
      <div class="row">
        <h3>{t.lesson_code}</h3>
        {!refusal && (
          <>
            <button
              type="button"
              aria-label={t.line_back}
              disabled={line <= 0}
              onClick={() => microscope.moveLine(-1)}
            >
              ‹
            </button>
            <p class="place">{fill(t.line_of, { i: line + 1, n: lines.length })}</p>
            <button
              type="button"
              aria-label={t.line_next}
              disabled={line >= lines.length - 1}
              onClick={() => microscope.moveLine(1)}
            >
              ›
            </button>
          </>
        )}
      </div>
      {refusal && <p class="note">{refusal[language.value]}</p>}
      <div class="beside">
        <div class="code" ref={box} tabIndex={0} role="group" aria-label={t.lesson_lines}>
          <ol>
            {lesson.source.map((one) => (
              <li
                key={one.number}
                value={one.number}
                aria-current={one.number === current?.number ? "step" : undefined}
              >
                <code>{(language.value === "es" && one.es) || one.text || " "}</code>
              </li>
            ))}
          </ol>
        </div>
        {!refusal && (
          <div class="variables" tabIndex={0} role="group" aria-label={t.variables}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.variable}</th>
                  <th scope="col">{t.shape}</th>
                  <th scope="col">{t.value}</th>
                </tr>
              </thead>
              <tbody>
                {variablesAt(lines, line)
                  .reverse()
                  .sort((a, b) => Number(changed.has(b.name)) - Number(changed.has(a.name)))
                  .map((one) => (
                    <tr key={one.name} class={changed.has(one.name) ? "new" : ""}>
                      <th scope="row">
                        <code>{one.name}</code>
                      </th>
                      <td>
                        {one.shape
                          ? `(${one.shape.join(", ")}${one.shape.length === 1 ? "," : ""})`
                          : ""}
                      </td>
                      <td class="values">{valuesOf(one.values, one.shape)}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
      <Differs store={store} lesson={lesson} />
    </section>
  );
}

/** Rows of numbers, with dots for those that were not sent. */
function valuesOf(values: unknown, shape: number[] | null): string {
  if (!Array.isArray(values)) {
    return typeof values === "number"
      ? formatNumber(values)
      : values === true
        ? "True"
        : values === false
          ? "False"
          : String(values ?? "?");
  }
  const [rows = 0, columns = 0] = shape ?? [];
  const cells = values.map((line: (number | null)[]) => line.map((one) => formatNumber(one)));
  const width = (k: number) => Math.max(...cells.map((line) => line[k]?.length ?? 0));
  const lines = cells.map(
    (line) =>
      line.map((one, k) => one.padStart(width(k))).join("  ") +
      (columns > line.length ? "  …" : ""),
  );
  return [...lines, ...(rows > values.length ? ["…"] : [])].join("\n");
}

/** The name of a cost by its class in Python. */
function costName(name: string, t: Texts): string {
  const key = name.includes("CrossEntropy") ? "cross_entropy" : name.toLowerCase();
  return choiceName(key, t);
}

/** How the lesson's step differs from this training's. */
function Differs({ store, lesson }: { store: Store; lesson: Lesson }) {
  const t = store.text.value;
  const how = lesson.differences;
  if (!how) return null;
  const write = (value: number) => writeNumber(value, store.language.value);
  const sentences = [
    how.W !== null && how.b !== null && fill(t.differs_step, { W: write(how.W), b: write(how.b) }),
    how.cost && fill(t.differs_cost, { cost: costName(how.cost, t) }),
    how.optimizer && fill(t.differs_optimizer, { optimizer: choiceName(how.optimizer, t) }),
    how.rates && t.differs_rates,
    how.penalty && t.differs_penalty,
    how.frozen && t.differs_frozen,
    how.lent.length > 0 && fill(t.differs_lent, { names: how.lent.join(", ") }),
  ].filter(Boolean);
  if (sentences.length === 0) return null;
  return (
    <p class="note">
      <strong>{t.differs}:</strong> {sentences.join(" ")}
    </p>
  );
}
