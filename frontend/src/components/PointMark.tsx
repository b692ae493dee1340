// A ring around the microscope's point.

import type { Store } from "../state/store";

export function PointMark({ store }: { store: Store }) {
  const { microscope, run } = store;
  const i = microscope.point.value;
  const now = run.value;
  if (!microscope.open.value || i === null || !now) return null;
  const [left, right, bottom, top] = now.extent;
  const x = ((now.points[2 * i] ?? 0) - left) / (right - left);
  const y = ((now.points[2 * i + 1] ?? 0) - bottom) / (top - bottom);
  return <i class="looked-at" style={{ left: `${100 * x}%`, top: `${100 * (1 - y)}%` }} />;
}
