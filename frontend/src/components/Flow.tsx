// How far the gradient reaches back, layer by layer.

import { writeNumber } from "../i18n/numbers";
import type { Store } from "../state/store";

export function Flow({ store }: { store: Store }) {
  const { text, frame, language } = store;
  const t = text.value;
  const sizes = frame.value?.arrays.gradients ?? [];
  const saturated = frame.value?.arrays.saturation ?? [];
  // A logarithmic scale from 1e-12 to 1 shows a vanishing gradient.
  const width = (size: number) => Math.max(0, Math.min(1, 1 + Math.log10(size + 1e-30) / 12));
  return (
    <section class="block flow" aria-label={t.gradient}>
      <table class="gradients">
        <caption>{t.gradient}</caption>
        <tbody>
          {Array.from(sizes, (size, k) => (
            <tr key={k}>
              <th scope="row">
                {k + 1 === sizes.length ? t.output : `${t.hidden_layer} ${k + 1}`}
              </th>
              <td class="meter">
                <i style={{ width: `${100 * width(size)}%` }} />
              </td>
              <td>{writeNumber(size, language.value, 2)}</td>
              <td>
                {Math.round(100 * (saturated[k] ?? 0))} % {t.saturated}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
