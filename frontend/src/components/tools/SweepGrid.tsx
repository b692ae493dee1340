// The grid of a map: a cell for each pair of settings, which the arrow keys walk over.

import { useRef, useState } from "preact/hooks";
import { paletteOf } from "../../drawing/colors";
import { paintMap } from "../../drawing/sweep-map";
import { fill, type Language, type Texts } from "../../i18n";
import { writeNumber } from "../../i18n/numbers";
import { pngOf, saveBlob } from "../../server/downloads";
import { choiceName } from "../../state/labels";
import type { Store } from "../../state/store";
import {
  type Axis,
  type AxisName,
  type Cell,
  inkOf,
  type Place,
  placeKey,
  type SweepMap,
  tally,
  type Value,
  writeWidths,
} from "../../state/sweep";
import { useSize } from "../room";

const NARROW = 480; // pixels, below which the longer axis goes down
const MANY = 6;
const LETTER = 7.5; // pixels of a digit

export function axisName(name: AxisName, t: Texts): string {
  return {
    learning_rate: t.learning_rate,
    topology: t.sweep.topology,
    depth: t.depth,
    initializer: t.initializer,
    activation: t.activation,
    batch_size: t.batch,
  }[name];
}

export function valueName(
  name: AxisName,
  value: Value,
  t: Texts,
  language: Language,
  digits = 3,
): string {
  if (value === null) return t.all;
  if (Array.isArray(value)) return writeWidths(value);
  if (typeof value === "number") return writeNumber(value, language, digits);
  return name === "initializer" ? choiceName(value, t) : value;
}

/** The settings of a cell in words. */
export function settingsInWords(map: SweepMap, place: Place, t: Texts, language: Language): string {
  return map.axes
    .map(({ name, values }, i) =>
      fill(t.sweep.settings, {
        name: axisName(name, t),
        value: valueName(name, values[place[i] ?? 0] ?? null, t, language),
      }),
    )
    .join(" · ");
}

/** Save the map as a PNG: the first axis from left to right, whatever the page has room for. */
export async function saveMap(
  { text, language, write, host }: Store,
  map: SweepMap,
): Promise<void> {
  const t = text.value;
  const [columns, rows] = map.axes;
  if (!columns) return;
  const named = (axis: Axis | undefined) => ({
    name: axis ? axisName(axis.name, t) : "",
    values: axis?.values.map((one) => valueName(axis.name, one, t, language.value)) ?? [""],
  });
  const canvas = document.createElement("canvas");
  const picture = {
    map,
    title: fill(map.tested ? t.sweep.picture_test : t.sweep.picture, {
      seeds: write(map.seeds.length),
      below: write(map.below, 2),
      steps: write(map.steps),
    }),
    across: named(columns),
    down: named(rows),
    cellOf: (row: number, column: number) =>
      map.cells.get(placeKey(rows ? [column, row] : [column])),
  };
  const view = host.root.querySelector(".playground") ?? host.root;
  paintMap(canvas, picture, paletteOf(view), getComputedStyle(view).fontFamily);
  const blob = await pngOf(canvas);
  if (blob) saveBlob(blob, "neurona-map.png");
}

export function SweepGrid({
  store,
  map,
  onPoint,
}: {
  store: Store;
  map: SweepMap;
  onPoint: (place: Place | null) => void;
}) {
  const { text, language, sweep } = store;
  const t = text.value;
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const [at, setAt] = useState<[number, number]>([0, 0]); // row, column: where the Tab key leads
  const shown = useRef(""); // the cell that is pointed at
  const touched = useRef(false);
  const point = (place: Place | null) => {
    shown.current = place ? placeKey(place) : "";
    onPoint(place);
  };
  const [first, second] = map.axes;
  if (!first) return null;
  const other = second ?? { name: first.name, values: [null] };
  const narrow = width > 0 && width < NARROW;
  const isOfNames = first.values.some((one) => typeof one === "string");
  const turned =
    narrow &&
    first.values.length > other.values.length &&
    (isOfNames || first.values.length > MANY);
  const [columns, rows] = turned ? [other, first] : [first, other];
  // A map of one axis has one row.
  const placeOf = (row: number, column: number): Place => {
    const place = turned ? [row, column] : [column, row];
    return second ? place : place.slice(0, 1);
  };
  const named = (axis: typeof first, digits: number) =>
    axis.values.map((value) => valueName(axis.name, value, t, language.value, digits));
  // Two digits are enough, where they tell the values apart.
  const short = (axis: typeof first) => {
    const two = named(axis, 2);
    return new Set(two).size === two.length ? two : named(axis, 3);
  };
  const heads = short(columns);
  const names = short(rows);
  const longest = Math.max(...heads.map((one) => one.length));
  const isOfNumbers = columns.values.every((one) => typeof one === "number");
  const corner = axisName(rows.name, t);
  const rowLetters = second ? Math.max(10, ...names.map((one) => one.length)) : 0;
  const room = Math.max(1, (width - (rowLetters + 2) * LETTER) / heads.length);
  const stride = isOfNumbers && width ? Math.ceil((longest * LETTER + 6) / room) : 1;
  const last = heads.length - 1;
  const isNamed = (k: number) => k === last || (k % stride === 0 && last - k >= stride);

  const go = (row: number, column: number) => {
    const next: [number, number] = [
      Math.max(0, Math.min(names.length - 1, row)),
      Math.max(0, Math.min(heads.length - 1, column)),
    ];
    setAt(next);
    box.current
      ?.querySelector<HTMLElement>(`[data-at="${next.join()}"]`)
      ?.focus({ preventScroll: false });
  };
  const press = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const [row, column] = at;
    const lastRow = names.length - 1;
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? lastRow : row, last],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation(); // arrows step the training elsewhere
    go(...move);
  };

  const draw = (row: number, column: number) => {
    const place = placeOf(row, column);
    const cell = map.cells.get(placeKey(place));
    const words = settingsInWords(map, place, t, language.value);
    const { opened } = sweep;
    const isOpen = opened.value !== null && placeKey(opened.value.place) === placeKey(place);
    return (
      <td key={column}>
        <button
          type="button"
          aria-current={isOpen}
          data-at={`${row},${column}`}
          tabIndex={row === at[0] && column === at[1] ? 0 : -1}
          aria-label={describe(cell, map, words, t)}
          {...shade(cell, map)}
          onFocus={() => {
            setAt([row, column]);
            point(place);
          }}
          onMouseEnter={() => point(place)}
          onPointerDown={(event) => {
            // A first touch shows the cell, as the pointer does; another one opens it.
            touched.current = event.pointerType === "touch" && shown.current !== placeKey(place);
          }}
          onClick={() => {
            if (!touched.current) sweep.open(place);
            touched.current = false;
          }}
        >
          {cell ? percent(tally(cell, map.below).share) : ""}
        </button>
      </td>
    );
  };
  return (
    <div ref={box}>
      <p class="map-axis" aria-hidden="true" style={`padding-left: ${0.9 * rowLetters + 1}ch`}>
        {axisName(columns.name, t)}
      </p>
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: arrow keys walk over it.
        role="grid"
        class="sweep-map"
        style={`--rows: ${names.length}`}
        aria-label={t.sweep.title}
        aria-readonly="true"
        onKeyDown={press}
        onMouseLeave={(event) => {
          // The cell that has the focus stays: after a touch nothing points at it.
          const has = event.currentTarget.contains(document.activeElement);
          point(has ? placeOf(...at) : null);
        }}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget as Node | null)) point(null);
        }}
      >
        <colgroup>
          <col style={`width: calc(${0.9 * rowLetters}ch + 1rem)`} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{second ? corner : ""}</th>
            {heads.map((one, k) => (
              <th scope="col" key={one} aria-label={`${axisName(columns.name, t)} ${one}`}>
                {isNamed(k) ? one : ""}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, row) => (
            <tr key={name}>
              <th scope="row">{second ? name : ""}</th>
              {heads.map((_, column) => draw(row, column))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const percent = (share: number) => Math.round(100 * share);

function shade(cell: Cell | undefined, { below }: SweepMap) {
  if (!cell) return { class: "unknown" };
  const { share } = tally(cell, below);
  const ink = 100 * inkOf(share);
  return { class: share < 0.5 ? "few" : "most", style: `--ink-share: ${ink.toFixed(0)}%` };
}

function describe(cell: Cell | undefined, { below }: SweepMap, settings: string, t: Texts): string {
  if (!cell) return fill(t.sweep.empty, { settings });
  const { n, of, share } = tally(cell, below);
  return fill(t.sweep.cell, { settings, share: percent(share), n, seeds: of });
}
