// The set-up: everything that the user can choose.

export interface DataSetup {
  kind: string;
  n: number;
  noise: number;
  arms: number;
  classes: number;
  test_share: number;
  seed: number;
  points: [number, number, number][];
  regression: boolean;
  columns: string[];
  class_names: string[];
}
export interface LayerSetup {
  neurons: number;
  activation: string;
  learning_rate: number | null;
  /** A convolution takes images, a recurrence series; on points all layers are dense. */
  kind: string;
}
export interface Setup {
  version: 1;
  data: DataSetup;
  inputs: string[];
  layers: LayerSetup[];
  output: { activation: string; learning_rate: number | null };
  training: {
    learning_rate: number;
    optimizer: string;
    cost: string;
    batch_size: number | null;
    l1: number;
    l2: number;
    initializer: string;
    seed: number;
  };
  /** Initial parameters, in place of those drawn from the seed. */
  weights?: number[] | null;
  /** The indices of frozen parameters. */
  frozen?: number[];
  /** The mistake on purpose with which the bug lab's program trains. */
  bug?: string | null;
}

/** Drop initial weights and frozen parameters if a change makes a different network. */
export function withoutStaleWeights(next: Setup, before: Setup): Setup {
  const network = ({ data: { kind, arms, classes }, inputs, layers, output, training }: Setup) =>
    JSON.stringify([
      kind,
      arms,
      classes,
      inputs,
      layers.map((one) => [one.neurons, one.kind]),
      output.activation === "softmax",
      training.initializer,
      training.seed,
    ]);
  return network(next) === network(before) ? next : { ...next, weights: null, frozen: [] };
}

/** The set-up with initial weights of five digits and the marked ones frozen; null draws them from
 * the seed. */
export function withInitialWeights(
  setup: Setup,
  weights: ArrayLike<number> | null,
  frozenMarks: ArrayLike<number> = [],
): Setup {
  const { weights: _weights, frozen: _frozen, ...rest } = setup;
  if (!weights) return rest;
  const frozen = Array.from(frozenMarks, (mark, i) => (mark ? i : -1)).filter((i) => i >= 0);
  return {
    ...rest,
    weights: Array.from(weights, (one) => Number(one.toPrecision(5))),
    ...(frozen.length ? { frozen } : {}),
  };
}

/** The data sets whose examples are images, and series; of each kind there is an example. */
export const [DIGITS, MEMORY] = ["digits", "memory"] as const;

/** The data set itself where it has no plane, and null for points. */
export const withoutPlane = (kind: string) => (kind === DIGITS || kind === MEMORY ? kind : null);

/** The set-up with another data set. Between points, images and series the layers change too: they
 * become those of an example of its kind. */
export function withData(setup: Setup, kind: string, like: Setup): Setup {
  const data = { ...setup.data, kind, points: [], columns: [], class_names: [], regression: false };
  if (withoutPlane(kind) === withoutPlane(setup.data.kind)) return { ...setup, data };
  const { optimizer, cost: _, batch_size: __, ...training } = setup.training;
  return {
    ...setup,
    data: { ...data, n: like.data.n, noise: like.data.noise },
    layers: like.layers,
    output: like.output,
    training: {
      ...training,
      optimizer: optimizer === "lesson" ? like.training.optimizer : optimizer,
      cost: like.training.cost,
      batch_size: like.training.batch_size,
    },
    weights: null,
    frozen: [],
    bug: null,
  };
}

/** A hidden layer with the server's defaults. */
export function newLayer({ layers }: Setup): LayerSetup {
  return layers[0] ?? { neurons: 1, activation: "tanh", learning_rate: null, kind: "dense" };
}
