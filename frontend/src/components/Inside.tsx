// What goes on inside: how far the gradient reaches back, and which classes are taken for which.

import { classOf } from "../names";
import type { Store } from "../store";
import { Name } from "./controls";

export function Gradients({ store }: { store: Store }) {
  const { text, frame } = store;
  const t = text.value;
  const sizes = frame.value?.arrays.gradients ?? [];
  const saturated = frame.value?.arrays.saturation ?? [];
  // From 1e-12 to 1, by decades: what vanishes on its way back is seen to vanish.
  const width = (size: number) => Math.max(0, Math.min(1, 1 + Math.log10(size + 1e-30) / 12));
  return (
    <table class="gradients">
      <caption>{t.gradient}</caption>
      <tbody>
        {Array.from(sizes, (size, k) => (
          <tr key={k}>
            <th scope="row">{k + 1 === sizes.length ? t.output : `${t.hidden_layer} ${k + 1}`}</th>
            <td class="meter">
              <i style={{ width: `${100 * width(size)}%` }} />
            </td>
            <td>{size.toExponential(1)}</td>
            <td>
              {Math.round(100 * (saturated[k] ?? 0))} % {t.saturated}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Confusion({ store }: { store: Store }) {
  const { text, frame, run } = store;
  const classes = run.value?.classes ?? 0;
  const counts = frame.value?.arrays.confusion;
  if (!counts || classes < 2) return null;
  const rows = Array.from({ length: classes }, (_, i) => i);
  const name = (k: number) => <Name>{classOf(run.value, k)}</Name>;
  return (
    <table class="confusion">
      <caption>
        {text.value.confusion} <small>{text.value.true_class}</small>
      </caption>
      <thead>
        <tr>
          <td />
          {rows.map((k) => (
            <th scope="col" key={k}>
              {name(k)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((i) => (
          <tr key={i}>
            <th scope="row">{name(i)}</th>
            {rows.map((k) => (
              <td key={k} class={i === k ? "right" : ""}>
                {counts[i * classes + k] ?? 0}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
