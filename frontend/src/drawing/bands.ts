// Curves of several trainings in a small plot with a logarithmic cost: a median within its extremes.

import type { Band } from "../state/doctor";

export interface Plot {
  width: number;
  height: number;
  steps: number; // the last
  low: number; // powers of ten
  high: number;
}

/** A plot that holds the curves, in whole powers of ten. */
export function plotOf(bands: Band[], steps: number, width: number, height: number): Plot {
  const known = bands
    .flatMap(({ min, max }) => [...min, ...max])
    .filter((one): one is number => one !== null && one > 0);
  const low = Math.floor(Math.log10(Math.max(1e-8, Math.min(...known, 0.1))));
  const high = Math.ceil(Math.log10(Math.min(1e4, Math.max(...known, 1))));
  return { width, height, steps: Math.max(1, steps), low, high };
}

export function across({ width, steps }: Plot, step: number): number {
  return (width * step) / steps;
}

/** From the top; beyond the plot at its edge. */
export function down({ height, low, high }: Plot, cost: number | null): number {
  const power = cost === null ? high : Math.log10(Math.max(cost, 1e-12));
  return (height * (high - Math.min(high, Math.max(low, power)))) / (high - low);
}

/** The powers of ten to label, four at most. */
export function ticks({ low, high }: Plot): number[] {
  const stride = Math.ceil((high - low) / 3);
  const powers: number[] = [];
  for (let power = high; power >= low; power -= stride) powers.push(power);
  return powers;
}

export function line(plot: Plot, steps: number[], costs: (number | null)[]): string {
  return steps.map((step, i) => `${i ? "L" : "M"}${at(plot, step, costs[i] ?? null)}`).join("");
}

/** The area between two curves. */
export function area(plot: Plot, steps: number[], { min, max }: Band): string {
  const back = steps.map((step, i) => `L${at(plot, step, max[i] ?? null)}`).reverse();
  return `${line(plot, steps, min)}${back.join("")}Z`;
}

function at(plot: Plot, step: number, cost: number | null): string {
  return `${across(plot, step).toFixed(1)} ${down(plot, cost).toFixed(1)}`;
}
