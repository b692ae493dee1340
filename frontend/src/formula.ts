// Formulas with the numbers in them, as trees of MathML; each number knows where it comes from.
// Nothing is computed here: every number is one that the server has sent.

import type { Look, Phase, Source } from "./microscope";

export interface Tree {
  tag: string;
  text?: string;
  kids?: Tree[];
  value?: number;
  source?: Source;
  terms?: boolean; // a sum, which may be broken before each of its terms
}
/** `left = right = right …`, from symbols to the number; with an arrow it is an assignment. */
export interface Equation {
  left: Tree;
  rights: Tree[];
  arrow?: boolean;
}
/** One weight into the neuron, or its bias, with what is known of it. */
export interface Row {
  row: number; // -1: the bias
  frozen: boolean;
  equation: Equation;
  difference: number | null;
  gap: number | null;
}

const mi = (text: string): Tree => ({ tag: "mi", text });
const mo = (text: string): Tree => ({ tag: "mo", text });
const constant = (text: string): Tree => ({ tag: "mn", text });
const row = (...kids: Tree[]): Tree => ({ tag: "mrow", kids });
const sub = (base: Tree, index: string): Tree => ({ tag: "msub", kids: [base, constant(index)] });
const power = (base: Tree, exponent: Tree): Tree => ({ tag: "msup", kids: [base, exponent] });
const squared = (base: Tree): Tree => power(base, constant("2"));
const fraction = (above: Tree, below: Tree): Tree => ({ tag: "mfrac", kids: [above, below] });
const bar = (base: Tree): Tree => ({ tag: "mover", kids: [base, mo("¯")] });
const times = mo("·");
const minus = mo("−");
const plus = mo("+");
const round = (...kids: Tree[]): Tree => row(mo("("), ...kids, mo(")"));
const by = (what: Tree): Tree => fraction(row(mo("∂"), mi("C")), row(mo("∂"), what));

function sum(index: string, ...of: Tree[]): Tree {
  return row({ tag: "munder", kids: [mo("∑"), mi(index)] }, ...of);
}

function between(separator: Tree, parts: Tree[]): Tree {
  const kids = parts.flatMap((part, i) => (i === 0 ? [part] : [separator, part]));
  return { ...row(...kids), terms: parts.length > 1 };
}

/** Four digits that matter, or more; with a minus as long as a plus. */
export function written(value: number | null | undefined, figures = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "?";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 0.001 || size >= 1e5)
      ? value.toExponential(figures - 1)
      : String(Number(value.toPrecision(figures)));
  return text.replaceAll("-", "−");
}

function number(value: number | null | undefined, source: Source, figures?: number): Tree {
  return { tag: "mn", text: written(value, figures), value: value ?? Number.NaN, source };
}

/** As a factor or a term: what is negative stands in brackets. */
function enclosed(tree: Tree): Tree {
  return (tree.value ?? 0) < 0 ? round(tree) : tree;
}

/** What a tree says, as plain text: for who tests it, or can't see it. */
export function textOf({ text, kids }: Tree): string {
  return text ?? (kids ?? []).map(textOf).join(" ");
}

/** All numbers of a look that a formula needs, with their symbols and sources. */
export class Reader {
  readonly layers: number;
  readonly batch: boolean;

  constructor(
    readonly look: Look,
    readonly topology: number[],
    readonly inputs: string[],
  ) {
    this.layers = topology.length - 1;
    this.batch = look.point === null;
  }

  width(layer: number): number {
    return this.topology[layer + 1] ?? 0;
  }

  at(name: string, index: number): number | undefined {
    return this.look.arrays[name]?.[index];
  }

  /** A number of a neuron: `z`, `a`, `slope`, `error`, `delta`, `b` … */
  of(name: string, layer: number, unit: number, phase: Phase): Tree {
    return number(this.at(`${name}${layer}`, unit), { kind: "neuron", phase, layer, unit });
  }

  weight(name: string, layer: number, from: number, unit: number, figures?: number): Tree {
    const value =
      from < 0
        ? this.at(`b${name}${layer}`, unit)
        : this.at(`W${name}${layer}`, from * this.width(layer) + unit);
    return number(value, { kind: "weight", layer, row: from, unit }, figures);
  }

  derivative(layer: number, from: number, unit: number): Tree {
    const value =
      from < 0
        ? this.at(`db${layer}`, unit)
        : this.at(`dW${layer}`, from * this.width(layer) + unit);
    return number(value, { kind: "neuron", phase: "backward", layer, unit });
  }

  /** What a layer reads: an input, or the a of the layer before. */
  read(layer: number, from: number): Tree {
    return layer === 0
      ? number(this.at("inputs", from), { kind: "input", unit: from })
      : this.of("a", layer - 1, from, "forward");
  }

  target(unit: number): Tree {
    return number(this.at("target", unit), { kind: "target", unit });
  }

  setting(name: "learning_rate" | "l1" | "l2", layer: number): Tree {
    const { rates, l1, l2 } = this.look;
    const value = name === "learning_rate" ? rates[layer] : name === "l1" ? l1 : l2;
    return number(value, { kind: "setting", name, layer });
  }

  /** A symbol of a neuron: with a bar where it stands for a mean over the batch. */
  symbol(letter: string, layer: number, unit: number): Tree {
    return sub(this.batch ? bar(mi(letter)) : mi(letter), `${layer + 1}.${unit + 1}`);
  }

  readSymbol(layer: number, from: number): Tree {
    if (layer > 0) return this.symbol("a", layer - 1, from);
    const name = mi(this.inputs[from] ?? "x");
    return this.batch ? bar(name) : name;
  }
}

const MANY = 4; // terms, from which on a sum of symbols is written with a Σ

/** One number of an example, within a sum over the batch. */
const each = (letter: string): Tree => sub(mi(letter), "n");
const mean = (...of: Tree[]): Tree => row(fraction(constant("1"), mi("N")), sum("n", ...of));

// ---------------------------------------------------------------------------------------- forward

export function forward(read: Reader, layer: number, unit: number): Equation[] {
  const before = read.topology[layer] ?? 0;
  const places = Array.from({ length: before }, (_, i) => i);
  const w = (i: number) => sub(mi("w"), String(i + 1));
  const symbols =
    before > MANY
      ? sum("i", sub(mi("w"), "i"), sub(read.batch ? bar(mi("a")) : mi("a"), "i"))
      : between(
          plus,
          places.map((i) => row(read.readSymbol(layer, i), w(i))),
        );
  const numbers = places.map((i) =>
    row(enclosed(read.read(layer, i)), times, enclosed(read.weight("", layer, i, unit))),
  );
  return [
    {
      left: read.symbol("z", layer, unit),
      rights: [
        row(symbols, plus, mi("b")),
        between(plus, [...numbers, enclosed(read.weight("", layer, -1, unit))]),
        read.of("z", layer, unit, "forward"),
      ],
    },
    activation(read, layer, unit),
  ];
}

function activation(read: Reader, layer: number, unit: number): Equation {
  const name = read.look.activations[layer] ?? "";
  const left = read.symbol("a", layer, unit);
  const a = read.of("a", layer, unit, "forward");
  if (name === "softmax") {
    const e = (exponent: Tree) => power(mi("e"), exponent);
    const all = Array.from({ length: read.width(layer) }, (_, i) => i);
    const z = (i: number) => read.of("z", layer, i, "forward");
    const symbols = fraction(e(mi("z")), sum("i", e(sub(mi("z"), "i"))));
    if (read.batch) return { left, rights: [mean(symbols), a] };
    const numbers = fraction(
      e(z(unit)),
      between(
        plus,
        all.map((i) => e(z(i))),
      ),
    );
    return { left, rights: [symbols, numbers, a] };
  }
  if (read.batch) return { left, rights: [mean(applied(name, each("z"))), a] };
  const z = read.of("z", layer, unit, "forward");
  return { left, rights: [applied(name, read.symbol("z", layer, unit)), applied(name, z), a] };
}

/** f(z), by its formula where that is short. */
function applied(name: string, z: Tree): Tree {
  const inside = enclosed(z);
  switch (name) {
    case "linear":
      return z;
    case "sigmoid":
      return fraction(constant("1"), row(constant("1"), plus, power(mi("e"), row(minus, inside))));
    case "softsign":
      return fraction(z, row(constant("1"), plus, mo("|"), z, mo("|")));
    case "relu":
      return row(mi("max"), round(constant("0"), mo(","), z));
    case "leaky_relu":
      return row(mi("max"), round(constant("0.01"), times, inside, mo(","), z));
    default:
      return row(mi(name), round(z));
  }
}

// ------------------------------------------------------------------------------------------- cost

export function cost(read: Reader, unit: number): Equation[] {
  const { look, layers } = read;
  const last = layers - 1;
  const m = read.width(last);
  const all = Array.from({ length: m }, (_, i) => i);
  const a = (i: number) => read.of("a", last, i, "forward");
  const value = number(look.data_cost, { kind: "neuron", phase: "cost", layer: last, unit });
  const one = (p: Tree, t: Tree) => term(look.cost_name, p, t);
  const categorical = look.cost_name === "CategoricalCrossEntropy";
  const share = (tree: Tree) =>
    m === 1 || categorical ? tree : row(fraction(constant("1"), constant(String(m))), tree);
  const [p, t] = [mi("a"), mi("t")];
  const symbols = m === 1 ? one(p, t) : share(sum("k", one(sub(p, "k"), sub(t, "k"))));
  const equations: Equation[] = [
    {
      left: mi("C"),
      rights: read.batch
        ? [mean(symbols), value]
        : [
            symbols,
            share(
              inBrackets(
                m > 1 && !categorical,
                between(
                  plus,
                  all.map((i) => one(a(i), read.target(i))),
                ),
              ),
            ),
            value,
          ],
    },
  ];
  if (look.l1 || look.l2) equations.push(penalized(read, value, unit));
  // Of a batch each example has a derivative of its own: their mean is with the backward phase.
  if (!read.batch) {
    const output = read.symbol(look.logits ? "z" : "a", last, unit);
    equations.push({
      left: by(output),
      rights: [
        slope(look.cost_name, read.symbol("a", last, unit), mi("t"), m),
        slope(look.cost_name, a(unit), read.target(unit), m),
        read.of(look.logits ? "delta" : "error", last, unit, "cost"),
      ],
    });
  }
  return equations;
}

function inBrackets(really: boolean, tree: Tree): Tree {
  return really ? round(tree) : tree;
}

function term(name: string, p: Tree, t: Tree): Tree {
  const log = (...of: Tree[]) => row(mi("ln"), round(...of));
  const off = row(p, minus, enclosed(t));
  switch (name) {
    case "SquaredError":
      return squared(round(off));
    case "AbsoluteError":
      return row(mo("|"), off, mo("|"));
    case "Huber":
      return row(mi("h"), round(off));
    case "CategoricalCrossEntropy":
      return row(minus, t, times, log(p));
    default:
      return row(
        minus,
        t,
        times,
        log(p),
        minus,
        round(constant("1"), minus, t),
        times,
        log(constant("1"), minus, p),
      );
  }
}

function slope(name: string, p: Tree, t: Tree, m: number): Tree {
  const off = row(p, minus, enclosed(t));
  const shared = (tree: Tree) => (m === 1 ? tree : fraction(tree, constant(String(m))));
  switch (name) {
    case "SquaredError":
      return m === 1
        ? row(constant("2"), round(off))
        : row(fraction(constant("2"), constant(String(m))), round(off));
    case "AbsoluteError":
      return shared(row(mi("sign"), round(off)));
    case "Huber":
      return shared(row(mi("clip"), round(off)));
    case "CategoricalCrossEntropy":
      return off;
    default:
      return shared(off);
  }
}

function penalized(read: Reader, value: Tree, unit: number): Equation {
  const { look, layers } = read;
  const here: Source = { kind: "neuron", phase: "cost", layer: layers - 1, unit };
  const parts: Tree[] = [mi("C")];
  if (look.l1) {
    parts.push(row(read.setting("l1", 0), times, mo("∑"), mo("|"), mi("w"), mo("|")));
  }
  if (look.l2) {
    parts.push(
      row(fraction(read.setting("l2", 0), constant("2")), times, mo("∑"), squared(mi("w"))),
    );
  }
  return {
    left: mi("J"),
    rights: [
      between(plus, parts),
      row(value, plus, number(look.penalty, here)),
      number(look.cost, here),
    ],
  };
}

// --------------------------------------------------------------------------------------- backward

export function backward(read: Reader, layer: number, unit: number): Equation[] {
  const { look, layers } = read;
  const delta = read.of("delta", layer, unit, "backward");
  const left = read.symbol("δ", layer, unit);
  const name = look.activations[layer] ?? "";
  const last = layer === layers - 1;
  if (last && look.logits) {
    const own = read.of("delta", layer, unit, read.batch ? "backward" : "cost");
    return [
      {
        left,
        rights: [read.batch ? mean(by(each("z"))) : by(read.symbol("z", layer, unit)), own],
      },
    ];
  }
  const error = read.of("error", layer, unit, last ? "cost" : "backward");
  const plain = by(sub(mi("a"), `${layer + 1}.${unit + 1}`));
  const byA = read.batch ? bar(plain) : plain;
  const equations: Equation[] = [];
  if (!last) {
    const next = Array.from({ length: read.width(layer + 1) }, (_, i) => i);
    const w = (i: number) => sub(mi("w"), `${unit + 1}→${i + 1}`);
    equations.push({
      left: byA,
      rights: [
        next.length > MANY
          ? sum("i", sub(mi("w"), "i"), sub(read.batch ? bar(mi("δ")) : mi("δ"), "i"))
          : between(
              plus,
              next.map((i) => row(w(i), read.symbol("δ", layer + 1, i))),
            ),
        between(
          plus,
          next.map((i) =>
            row(
              enclosed(read.weight("", layer + 1, unit, i)),
              times,
              enclosed(read.of("delta", layer + 1, i, "backward")),
            ),
          ),
        ),
        error,
      ],
    });
  }
  if (read.batch) {
    return [
      ...equations,
      {
        left,
        rights: [
          mean(
            name === "softmax"
              ? row(
                  each("a"),
                  round(
                    by(each("a")),
                    minus,
                    sum("i", by(sub(mi("a"), "i,n")), sub(mi("a"), "i,n")),
                  ),
                )
              : row(mi("f′"), round(each("z")), times, by(each("a"))),
          ),
          delta,
        ],
      },
    ];
  }
  if (name === "softmax") {
    const all = Array.from({ length: read.width(layer) }, (_, i) => i);
    const a = (i: number) => read.of("a", layer, i, "forward");
    const e = (i: number) => read.of("error", layer, i, "cost");
    return [
      ...equations,
      {
        left,
        rights: [
          row(mi("a"), round(byA, minus, sum("i", by(sub(mi("a"), "i")), sub(mi("a"), "i")))),
          between(
            plus,
            all.map((i) => {
              const product = row(enclosed(e(i)), times, a(i));
              const begun =
                i === 0 ? row(a(unit), times, mo("("), error, minus, mo("("), product) : product;
              return i === all.length - 1 ? row(begun, mo(")"), mo(")")) : begun;
            }),
          ),
          delta,
        ],
      },
    ];
  }
  const steep = read.of("slope", layer, unit, "backward");
  return [
    ...equations,
    {
      left: row(mi("f′"), round(read.symbol("z", layer, unit))),
      rights: [...steepness(name, read, layer, unit), steep],
    },
    {
      left,
      rights: [
        row(mi("f′"), round(read.symbol("z", layer, unit)), times, byA),
        row(enclosed(steep), times, enclosed(error)),
        delta,
      ],
    },
  ];
}

/** f′ by its formula, where it is short. */
function steepness(name: string, read: Reader, layer: number, unit: number): Tree[] {
  const symbol = read.symbol("a", layer, unit);
  const a = enclosed(read.of("a", layer, unit, "forward"));
  const one = constant("1");
  if (name === "sigmoid") {
    return [row(symbol, round(one, minus, symbol)), row(a, times, round(one, minus, a))];
  }
  if (name === "tanh") return [row(one, minus, squared(symbol)), row(one, minus, squared(a))];
  return [];
}

/** The derivatives by each weight into a neuron and by its bias, with the differences beside. */
export function derivatives(read: Reader, layer: number, unit: number): Row[] {
  const { look } = read;
  const mine = look.layer === layer && look.unit === unit;
  const before = read.topology[layer] ?? 0;
  const delta = read.of("delta", layer, unit, "backward");
  const symbol = read.symbol("δ", layer, unit);
  return places(before).map((from) => {
    const w = from < 0 ? mi("b") : sub(mi("w"), String(from + 1));
    const symbols: Tree[] = [];
    const numbers: Tree[] = [];
    if (read.batch) {
      symbols.push(sum("n", ...(from < 0 ? [each("δ")] : [each("δ"), each(layer ? "a" : "x")])));
    } else {
      symbols.push(from < 0 ? symbol : row(symbol, times, read.readSymbol(layer, from)));
      numbers.push(
        from < 0 ? delta : row(enclosed(delta), times, enclosed(read.read(layer, from))),
      );
    }
    if (from >= 0) addPenalty(read, w, layer, from, unit, symbols, numbers);
    const rights = [between(plus, symbols)];
    if (!read.batch) rights.push(between(plus, numbers));
    const value = { ...read.derivative(layer, from, unit) };
    // δ itself is what the bias has: one number need not be written twice.
    if (!read.batch && from < 0) rights.pop();
    const i = from < 0 ? before : from;
    return {
      row: from,
      frozen: isFrozen(read, layer, from, unit),
      equation: { left: by(w), rights: [...rights, value] },
      difference: mine ? (look.arrays.differences?.[i] ?? null) : null,
      gap: mine ? (look.arrays.gaps?.[i] ?? null) : null,
    };
  });
}

function addPenalty(
  read: Reader,
  w: Tree,
  layer: number,
  from: number,
  unit: number,
  symbols: Tree[],
  numbers: Tree[],
): void {
  const { l1, l2 } = read.look;
  const now = read.weight("", layer, from, unit);
  if (l1) {
    symbols.push(row(sub(mi("λ"), "1"), mi("sign"), w));
    numbers.push(row(read.setting("l1", layer), times, mi("sign"), round(now)));
  }
  if (l2) {
    symbols.push(row(sub(mi("λ"), "2"), w));
    numbers.push(row(read.setting("l2", layer), times, enclosed(now)));
  }
}

// ----------------------------------------------------------------------------------------- update

const FINE = 6; // digits that show a small change

/** How each weight into a neuron changes: by gradient descent's formula, or by what another gave. */
export function updates(read: Reader, layer: number, unit: number): Row[] {
  const descent = read.look.optimizer === "sgd";
  return places(read.topology[layer] ?? 0).map((from) => {
    const w = from < 0 ? mi("b") : sub(mi("w"), String(from + 1));
    const now = read.weight("", layer, from, unit, FINE);
    const frozen = isFrozen(read, layer, from, unit);
    const change = read.weight("_change", layer, from, unit);
    const rights = frozen
      ? [w]
      : descent
        ? [
            row(w, minus, mi("η"), by(w)),
            row(
              now,
              minus,
              read.setting("learning_rate", layer),
              times,
              enclosed(read.derivative(layer, from, unit)),
            ),
          ]
        : [row(w, plus, mi("Δ"), w), row(now, plus, enclosed(change))];
    return {
      row: from,
      frozen,
      difference: null,
      gap: null,
      equation: {
        left: w,
        rights: [...rights, read.weight("_next", layer, from, unit, FINE)],
        arrow: true,
      },
    };
  });
}

function places(before: number): number[] {
  return [...Array.from({ length: before }, (_, i) => i), -1];
}

function isFrozen(read: Reader, layer: number, from: number, unit: number): boolean {
  let start = 0;
  for (let k = 0; k < layer; k += 1) start += ((read.topology[k] ?? 0) + 1) * read.width(k);
  const m = read.width(layer);
  const place = from < 0 ? (read.topology[layer] ?? 0) * m + unit : from * m + unit;
  return Boolean(read.look.arrays.frozen?.[start + place]);
}
