// A cell of a map: the band of its seeds' curves, how many succeed, and a dot for each.

import { across, area, down, line, plotOf } from "../../drawing/bands";
import { fill } from "../../i18n";
import { writeNumber } from "../../i18n/numbers";
import type { Store } from "../../state/store";
import {
  type Cell,
  type Place,
  placeKey,
  type SweepMap,
  succeeds,
  tally,
  typicalSeed,
} from "../../state/sweep";
import { PowersOfTen } from "./PowersOfTen";
import { settingsInWords } from "./SweepGrid";

const WIDTH = 230;
const HEIGHT = 96;

export function SweepCell({
  store,
  map,
  place,
}: {
  store: Store;
  map: SweepMap;
  place: Place | null;
}) {
  const { text, language, write } = store;
  const t = text.value.sweep;
  const cell = place && map.cells.get(placeKey(place));
  if (!place || !cell) {
    return (
      <div class="map-cell">
        <p class="quiet">{t.point}</p>
      </div>
    );
  }
  const { n, of } = tally(cell, map.below);
  const typical = cell.costs[typicalSeed(cell)];
  const median =
    typeof typical === "number"
      ? fill(map.tested ? t.median_test : t.median, { cost: write(typical, 2) })
      : t.diverges;
  return (
    <div class="map-cell">
      <BandPlot store={store} map={map} cell={cell} />
      <div>
        <p>
          <b>{fill(t.succeed, { n: write(n), seeds: write(of) })}</b> · {median}
        </p>
        <p>{settingsInWords(map, place, text.value, language.value)}</p>
        <Seeds store={store} map={map} cell={cell} place={place} />
      </div>
    </div>
  );
}

/** A dot for each seed, filled where it succeeds; a click opens its network. */
function Seeds({
  store,
  map,
  cell,
  place,
}: {
  store: Store;
  map: SweepMap;
  cell: Cell;
  place: Place;
}) {
  const { sweep, text, language } = store;
  const t = text.value.sweep;
  const opened = sweep.opened.value;
  const isHere = opened !== null && placeKey(opened.place) === placeKey(place);
  const says = (k: number) => {
    const cost = cell.costs[k];
    const seed = String(map.seeds[k]);
    if (typeof cost !== "number") return fill(t.seed_diverges, { seed });
    const words = fill(t.seed, { seed, cost: writeNumber(cost, language.value, 2) });
    return `${words}, ${succeeds(cost, map.below) ? t.seed_succeeds : t.seed_fails}`;
  };
  return (
    <div class="seeds" role="group" aria-label={t.open_seed}>
      {cell.costs.map(
        (cost, k) =>
          cost !== null && (
            <button
              type="button"
              key={map.seeds[k]}
              class={succeeds(cost, map.below) ? "succeeds" : ""}
              aria-pressed={isHere && opened.seed === k}
              aria-label={says(k)}
              title={says(k)}
              onClick={() => sweep.open(place, k)}
            />
          ),
      )}
    </div>
  );
}

/** The middle 80 % of the seeds and their median, below which cost they succeed. */
function BandPlot({ store, map, cell }: { store: Store; map: SweepMap; cell: Cell }) {
  const { text } = store;
  const t = text.value.sweep;
  const [min, median, max] = cell.band;
  const band = { min, median, max };
  const plot = plotOf([band], map.steps, WIDTH, HEIGHT);
  const bound = down(plot, map.below);
  return (
    <svg
      class="band-plot"
      viewBox={`-40 -8 ${WIDTH + 44} ${HEIGHT + 26}`}
      role="img"
      aria-label={t.band}
    >
      <PowersOfTen plot={plot} width={WIDTH} />
      <path class="bound" d={`M0 ${bound}H${WIDTH}`} />
      <text x="4" y={bound + 13}>
        ↓ {t.below}
      </text>
      <path class="band" d={area(plot, map.moments, band)} />
      <path class="median" d={line(plot, map.moments, median)} />
      <text x="0" y={HEIGHT + 16}>
        0
      </text>
      <text x={across(plot, map.steps)} y={HEIGHT + 16} text-anchor="end">
        {store.write(map.steps)}
      </text>
    </svg>
  );
}
