// The moments that the server keeps of a run: the rows of its history, over all branches.

/** Numbers of a moment: its step, its cost, its test cost, its branch. */
const WIDTH = 4;

export const momentCount = (rows: Float32Array): number => rows.length / WIDTH;
export const stepAt = (rows: Float32Array, i: number): number => rows[WIDTH * i] ?? 0;
export const costAt = (rows: Float32Array, i: number): number => rows[WIDTH * i + 1] ?? Number.NaN;
export const testCostAt = (rows: Float32Array, i: number): number =>
  rows[WIDTH * i + 2] ?? Number.NaN;
export const branchAt = (rows: Float32Array, i: number): number => rows[WIDTH * i + 3] ?? 0;

/** The ids of all branches, the newest last. */
export function branchIds(rows: Float32Array): number[] {
  const ids = new Set<number>();
  for (let i = 0; i < momentCount(rows); i += 1) ids.add(branchAt(rows, i));
  return [...ids].sort((a, b) => a - b);
}

/** The moments of one branch, in order. */
export function ofBranch(rows: Float32Array, branch: number): number[] {
  const own: number[] = [];
  for (let i = 0; i < momentCount(rows); i += 1) if (branchAt(rows, i) === branch) own.push(i);
  return own.sort((a, b) => stepAt(rows, a) - stepAt(rows, b));
}

/** The moments that lead to the end of a branch. A branch begins with a copy of where it left
 * another, which is how they are joined. */
export function wayTo(rows: Float32Array, branch: number): number[] {
  let way: number[] = [];
  let end = Number.POSITIVE_INFINITY;
  for (let at = branch; ; ) {
    const own = ofBranch(rows, at).filter((i) => stepAt(rows, i) < end);
    way = [...own, ...way];
    const first = own[0];
    if (first === undefined) return way;
    end = stepAt(rows, first);
    let parent = -1;
    for (let i = 0; i < momentCount(rows); i += 1)
      if (
        branchAt(rows, i) < at &&
        stepAt(rows, i) === end &&
        costAt(rows, i) === costAt(rows, first)
      )
        parent = branchAt(rows, i);
    if (parent < 0) return way;
    at = parent;
  }
}

/** The moment of a way that is nearest to a step; -1 without any. */
export function nearest(rows: Float32Array, way: readonly number[], step: number): number {
  let best = -1;
  for (const i of way)
    if (best < 0 || Math.abs(stepAt(rows, i) - step) < Math.abs(stepAt(rows, best) - step))
      best = i;
  return best;
}

/** The last step of all branches. */
export function lastStep(rows: Float32Array): number {
  let last = 0;
  for (let i = 0; i < momentCount(rows); i += 1) last = Math.max(last, stepAt(rows, i));
  return last;
}
