// All that can be chosen, and its way into the address and back.

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
  /** All parameters that a run begins from, in place of those that the seed would give. */
  weights?: number[] | null;
  /** The places among them of those that stand still. */
  frozen?: number[];
}

/** More make the address too long: the server takes no more either. */
export const MOST_WEIGHTS = 400;

export const data: DataSetup = {
  kind: "circles",
  n: 300,
  noise: 0.1,
  arms: 2,
  classes: 3,
  test_share: 0.3,
  seed: 0,
  points: [],
  regression: false,
  columns: [],
  class_names: [],
};
export const layer = (neurons: number, activation = "tanh"): LayerSetup => ({
  neurons,
  activation,
  learning_rate: null,
});
export const training: Setup["training"] = {
  learning_rate: 0.01,
  optimizer: "adam",
  cost: "auto",
  batch_size: null,
  l1: 0,
  l2: 0,
  initializer: "orthogonal",
  seed: 0,
};

export const FIRST: Setup = {
  version: 1,
  data,
  inputs: ["x1", "x2"],
  layers: [layer(4), layer(4)],
  output: { activation: "auto", learning_rate: null },
  training,
};

/** Leave the weights, and what is frozen, behind where a change makes another network. */
export function fitting(next: Setup, before: Setup): Setup {
  const network = ({ data: { kind, arms, classes }, inputs, layers, output, training }: Setup) =>
    JSON.stringify([
      kind,
      arms,
      classes,
      inputs,
      layers.map((one) => one.neurons),
      output.activation === "softmax",
      training.initializer,
      training.seed,
    ]);
  return network(next) === network(before) ? next : { ...next, weights: null, frozen: [] };
}

/** The set-up that begins from some weights, five digits of each, of which those that are marked
 * stand still; null is from its seed. */
export function beginning(
  setup: Setup,
  weights: ArrayLike<number> | null,
  still: ArrayLike<number> = [],
): Setup {
  const { weights: _, frozen: __, ...rest } = setup;
  if (!weights) return rest;
  const frozen = Array.from(weights, (_, i) => i).filter((i) => still[i]);
  return {
    ...rest,
    weights: Array.from(weights, (one) => Number(one.toPrecision(5))),
    ...(frozen.length ? { frozen } : {}),
  };
}

/** What an address says: the set-up, which parts of the page are hidden, and the challenge. */
export interface Address {
  setup: Setup | null;
  hidden: string[];
  challenge: string | null;
}

/** What stands after the # of an address. */
export function toHash(setup: Setup, hidden: string[], challenge: string | null = null): string {
  const bytes = new TextEncoder().encode(JSON.stringify(setup));
  const code = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  const hide = hidden.length ? `&hide=${hidden.join(",")}` : "";
  return `#s=${code}${hide}${challenge ? `&challenge=${challenge}` : ""}`;
}

/** The inverse; a hash that holds no set-up gives null, and the server checks what one holds. */
export function fromHash(hash: string): Address {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const hidden = (given.get("hide") ?? "").split(",").filter(Boolean);
  const challenge = given.get("challenge");
  try {
    const code = (given.get("s") ?? "").replaceAll("-", "+").replaceAll("_", "/");
    if (!code) return { setup: null, hidden, challenge };
    const bytes = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
    const setup = JSON.parse(new TextDecoder().decode(bytes)) as Setup;
    return { setup, hidden, challenge };
  } catch {
    return { setup: null, hidden, challenge };
  }
}
