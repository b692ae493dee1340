// The confusion matrix: rows are true classes, columns predicted ones.

import { classLabel } from "../state/labels";
import type { Store } from "../state/store";
import { Truncated } from "./controls";

export function ConfusionMatrix({ store }: { store: Store }) {
  const { text, frame, run } = store;
  const classes = run.value?.classes ?? 0;
  const counts = frame.value?.arrays.confusion;
  if (!counts || classes < 2) return null;
  const rows = Array.from({ length: classes }, (_, i) => i);
  const name = (k: number) => <Truncated>{classLabel(run.value, k)}</Truncated>;
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
