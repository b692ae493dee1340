// The microscope on a recurrence: the numbers of one step, from the sums before the gates to the new
// state, each with its derivative and finite difference; and what the chosen one is made of.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { formatNumber } from "../../formulas/mathml";
import { fill } from "../../i18n";
import { inLanguage, raised } from "../../i18n/numbers";
import type { NumberApart, Term } from "../../server/messages";
import type { Store } from "../../state/store";
import { shade, short, usePalette } from "./cells";

export function StepApart({ store, apart }: { store: Store; apart: NumberApart }) {
  const { text, language, windows } = store;
  const t = text.value;
  const chosen = useSignal(0);
  const numbers = [...apart.gates, apart];
  const its = numbers[Math.min(chosen.value, numbers.length - 1)] ?? apart;
  const write = (x: number | null, digits = 4) =>
    inLanguage(formatNumber(x, digits), language.value);
  const weight = windows.weight.value;
  return (
    <>
      <div class="scrolls" tabIndex={0} role="group" aria-label={t.series.numbers}>
        <table class="parameters step-numbers">
          <caption>{t.series.numbers}</caption>
          <thead>
            <tr>
              <th scope="col">{t.series.number}</th>
              <th scope="col">{t.series.made_of}</th>
              <th scope="col">{t.value}</th>
              <th scope="col">{t.series.gate}</th>
              <th scope="col">{t.derivative}</th>
              <th scope="col">{t.difference}</th>
            </tr>
          </thead>
          <tbody>
            {numbers.map((one, k) => (
              <tr key={one.name} class={one === its ? "chosen" : ""}>
                <th scope="row">
                  <button
                    type="button"
                    class="flat"
                    aria-pressed={one === its}
                    title={one.name}
                    onClick={() => {
                      chosen.value = k;
                    }}
                  >
                    <Name of={one.name} />
                  </button>
                </th>
                <td class="formula">{one.formula.slice(one.formula.indexOf(" = ") + 3)}</td>
                <td>{write(one.value)}</td>
                <td>
                  {one.output !== null && (
                    <>
                      <Name of={one.output_name ?? ""} /> {write(one.output)}
                    </>
                  )}
                </td>
                <td>{write(one.derivative)}</td>
                <td class="difference">{write(one.difference)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {its.terms.some((one) => one.parameter) ? (
        <Products
          store={store}
          caption={its.formula}
          terms={its.terms}
          corner=""
          names={[
            listed(its.terms.map(({ names }) => factorOf(names[0])[0])),
            `× ${listed(its.terms.map(arrayOf))}`,
          ]}
          head={(one) => <Factor of={one.names[0]} />}
          pick
        />
      ) : (
        <p class="sum">
          {its.terms.map((one, k) => (
            <>
              {k > 0 && " + "}
              <Factor of={one.names[0]} /> {write(one.left)} × <Factor of={one.names[1]} />{" "}
              {write(one.right)}
            </>
          ))}{" "}
          = <Name of={its.name} /> <b>{write(its.value)}</b>
        </p>
      )}
      <p class="note">
        {fill(t.series.of_class, { k: apart.target })} {t.series.click}
      </p>
      {weight && (
        <section class="weight-apart" aria-label={weight.name}>
          <p class="note">{fill(t.series.weight_shared, { n: weight.terms.length })}</p>
          <Products
            store={store}
            caption={weight.formula}
            terms={weight.terms}
            corner="t"
            names={[weight.terms[0]?.names[0].charAt(0) ?? "", "× ∂J/∂z"]}
            head={(one) => one.y?.[0]}
          />
          <p class="sum">
            Σ = <b>{write(weight.derivative)}</b>{" "}
            <small>
              {t.difference}: {write(weight.difference)}
            </small>
          </p>
        </section>
      )}
    </>
  );
}

/** The products of a sum, one below each name: what comes in, its weight, and the product. */
function Products({
  store,
  caption,
  terms,
  corner,
  names,
  head,
  pick = false,
}: {
  store: Store;
  caption: string;
  terms: Term[];
  corner: string;
  names: [string, string];
  head: (term: Term) => ComponentChildren;
  /** Whether a weight can be chosen. */
  pick?: boolean;
}) {
  const { language, windows } = store;
  const palette = usePalette(store);
  const chosen = windows.chosen.value;
  const rows = (["left", "right", "product"] as const).map((part) => {
    const reach = Math.max(1e-300, ...terms.map((one) => Math.abs(one[part] ?? 0)));
    // A row of small numbers has a common power of ten.
    const power = reach < 0.1 && reach > 1e-300 ? Math.floor(Math.log10(reach)) : 0;
    return { part, reach, power };
  });
  const write = (x: number | null, power: number) =>
    inLanguage(short((x ?? Number.NaN) / 10 ** power), language.value);
  return (
    <div class="scrolls" tabIndex={0} role="group" aria-label={caption}>
      <table class="products">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {corner ? <th scope="col">{corner}</th> : <td />}
            {terms.map((one, k) => (
              <th scope="col" key={k} title={one.names[0]}>
                {head(one)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ part, reach, power }, row) => (
            <tr key={part}>
              <th scope="row">
                {names[row] ?? "="} {power !== 0 && <small>(10{raised(power)})</small>}
              </th>
              {terms.map((one, k) => {
                const style = shade(one[part] ?? 0, reach, palette);
                const place = one.parameter;
                if (part !== "right" || !pick || !place)
                  return (
                    <td key={k} class="cell" style={style}>
                      {write(one[part], power)}
                    </td>
                  );
                const name = arrayOf(one);
                const is = chosen?.name === name && String(chosen.place) === String(place);
                return (
                  <td key={k}>
                    <button
                      type="button"
                      class={`cell ${is ? "marked" : ""}`}
                      style={style}
                      aria-pressed={is}
                      aria-label={`${one.names[1]}: ${write(one.right, power)}${power ? `·10${raised(power)}` : ""}`}
                      title={one.names[1]}
                      onClick={() => windows.by(is ? null : { name, place })}
                    >
                      {write(one.right, power)}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const listed = (names: string[]): string => [...new Set(names)].join(", ");

/** The name of the array that a term's weight stands in. */
const arrayOf = ({ names }: Term): string => names[1].split("[")[0] ?? "";

/** A factor's letter and its number: x and 0 of `x[5, 0]`, h and 2 of `h[4, 2]` or `h₀[2]`. */
function factorOf(name: string): [string, string | null] {
  const [, letter, index] = /^(.*?)₀?\[(?:.*, )?(\d+)\]$/.exec(name) ?? [];
  return [letter ?? name, index ?? null];
}

/** A number of the unit: z with its gate for `z_i[5, 1]`. */
function Name({ of }: { of: string }) {
  const [, name, gate] = /^(\w)(?:_(\w))?/.exec(of) ?? [];
  return (
    <>
      <i>{name}</i>
      {gate && <sub>{gate}</sub>}
    </>
  );
}

function Factor({ of }: { of: string }) {
  const [letter, index] = factorOf(of);
  return (
    <>
      {letter}
      {index && <sub>{index}</sub>}
    </>
  );
}
