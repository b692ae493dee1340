// The cost of a cure over the steps: its median and extremes, beside the run as it is, the best
// constant and the random search.

import { across, area, down, line, plotOf } from "../../drawing/bands";
import type { Language } from "../../i18n";
import { writeNumber } from "../../i18n/numbers";
import type { Proof, Trial } from "../../state/doctor";
import { PowersOfTen } from "./PowersOfTen";

const WIDTH = 160;
const HEIGHT = 130;

export function CurePlot({
  proof,
  trial,
  language,
}: {
  proof: Proof;
  trial: Trial;
  language: Language;
}) {
  const found = proof.found === null ? undefined : proof.search[proof.found];
  const last = Math.max(...trial.steps, ...proof.sick.steps);
  const plot = plotOf([trial.costs, proof.sick.costs], last, WIDTH, HEIGHT);
  return (
    <svg
      class="cure-plot"
      viewBox={`-40 -8 ${WIDTH + 44} ${HEIGHT + 26}`}
      role="img"
      aria-label={trial.words[language]}
    >
      <PowersOfTen plot={plot} width={WIDTH} />
      <path class="band" d={area(plot, trial.steps, trial.costs)} />
      {proof.trivial_cost !== null && (
        <path class="trivial" d={`M0 ${down(plot, proof.trivial_cost)}H${WIDTH}`} />
      )}
      <path class="sick" d={line(plot, proof.sick.steps, proof.sick.costs.median)} />
      {found && <path class="search" d={line(plot, found.steps, found.costs.median)} />}
      <path class="median" d={line(plot, trial.steps, trial.costs.median)} />
      <text x="0" y={HEIGHT + 16}>
        0
      </text>
      <text x={across(plot, last)} y={HEIGHT + 16} text-anchor="end">
        {writeNumber(last, language)}
      </text>
    </svg>
  );
}
