// What differs between two set-ups, in words.

import type { Language, Texts } from "../i18n";
import { writeNumber } from "../i18n/numbers";
import { choiceName, featureLabel, kindName } from "./labels";
import type { Setup } from "./setup";

/** The names of what differs, each with its value before and after; empty if nothing does. */
export function differences(before: Setup, after: Setup, t: Texts, language: Language): string[] {
  const number = (value: number | null) => (value === null ? t.all : writeNumber(value, language));
  const rates = ({ layers, output }: Setup) =>
    once(
      [...layers, output].map(({ learning_rate: rate }) =>
        rate === null ? t.common : number(rate),
      ),
      ", ",
    );
  const said: [string, (setup: Setup) => string][] = [
    [t.data, (one) => t[one.data.kind as "circles"] ?? t.drawings.points_drawn],
    [t.points, (one) => number(one.data.n)],
    [t.noise, (one) => number(one.data.noise)],
    [t.test_share, (one) => number(one.data.test_share)],
    [t.seed, (one) => number(one.data.seed)],
    [t.inputs, (one) => one.inputs.map(featureLabel).join(", ")],
    [t.shell.layers, (one) => one.layers.map(({ neurons }) => neurons).join("–") || "0"],
    [t.images.kind, (one) => once(one.layers.map(({ kind }) => kindName(kind, t)))],
    [t.activation, (one) => once(one.layers.map(({ activation }) => activation))],
    [t.output, (one) => one.output.activation],
    [t.learning_rate, (one) => number(one.training.learning_rate)],
    [t.own_rate, rates],
    [t.optimizer, (one) => choiceName(one.training.optimizer, t)],
    [t.cost, (one) => choiceName(one.training.cost, t)],
    [t.batch, (one) => number(one.training.batch_size)],
    ["L1", (one) => number(one.training.l1)],
    ["L2", (one) => number(one.training.l2)],
    [t.initializer, (one) => choiceName(one.training.initializer, t)],
    [t.drawings.draw, (one) => number(one.training.seed)],
  ];
  const found = said
    .map(([name, of]) => [name, of(before), of(after)])
    .filter(([, one, other]) => one !== other)
    .map(([name, one, other]) => `${name}: ${one} → ${other}`);
  if (found.length) return found;
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [t.drawings.other_details];
}

/** Names that are all the same are said once. */
const once = (names: string[], between = "–") =>
  new Set(names).size > 1 ? names.join(between) : (names[0] ?? "–");
