// The flat parameter vector by layer: W row by row, then b.

export interface Parameter {
  layer: number;
  row: number;
  column: number;
  value: number;
  index: number;
}

/** Every parameter with its position; a bias has row -1. */
export function listParameters(
  topology: number[],
  parameters: ArrayLike<number> | undefined,
): Parameter[] {
  const all: Parameter[] = [];
  let index = 0;
  for (let layer = 0; layer + 1 < topology.length; layer += 1) {
    const [n, m] = [topology[layer] ?? 0, topology[layer + 1] ?? 0];
    for (let row = 0; row <= n; row += 1) {
      for (let column = 0; column < m; column += 1, index += 1) {
        const value = parameters?.[index] ?? 0;
        all.push({ layer, row: row === n ? -1 : row, column, value, index });
      }
    }
  }
  return all;
}
