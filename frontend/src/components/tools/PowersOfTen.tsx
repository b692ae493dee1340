// The lines and labels of a logarithmic axis of costs.

import { down, type Plot, ticks } from "../../drawing/bands";
import { raised } from "../../i18n/numbers";

export function PowersOfTen({ plot, width }: { plot: Plot; width: number }) {
  return (
    <>
      {ticks(plot).map((power) => {
        const y = down(plot, 10 ** power);
        return (
          <g key={power}>
            <path class="grid" d={`M0 ${y}H${width}`} />
            <text x="-6" y={y + 4} text-anchor="end">
              10{raised(power)}
            </text>
          </g>
        );
      })}
    </>
  );
}
