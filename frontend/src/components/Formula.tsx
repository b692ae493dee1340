// A formula as MathML; its numbers can be followed to where they come from.

import { h, type VNode } from "preact";
import { written, type Equation, type Tree } from "../formula";
import type { Source } from "../microscope";

export interface Links {
  name: (source: Source) => string;
  follow: (source: Source) => void;
  light: (source: Source | null) => void;
}

export function Formula({ equation, links }: { equation: Equation; links: Links }) {
  const sign = (i: number) => (i === 0 && equation.arrow ? "←" : "=");
  // No browser breaks a line of MathML: what may be broken is a piece of its own.
  return (
    <div class="equation">
      {equation.rights.flatMap((right, i) => piecesOf(right).map((piece, k) => (
        <math key={`${i}-${k}`}>
          {i === 0 && k === 0 && element(equation.left, links)}
          {k === 0 && h("mo", {}, sign(i))}
          {piece.map((one) => element(one, links))}
        </math>
      )))}
    </div>
  );
}

/** The terms of a sum, each with the sign before it; what is no sum is one piece. */
function piecesOf(tree: Tree): Tree[][] {
  const kids = tree.kids ?? [];
  if (!tree.terms) return [[tree]];
  return kids.flatMap((kid, i) => (i === 0 ? [[kid]] : i % 2 ? [[kid, kids[i + 1] ?? kid]] : []));
}

function element(tree: Tree, links: Links): VNode {
  const { tag, text, kids, source, value } = tree;
  // At the beginning of a line a plus would be taken for a sign, and lose its spaces.
  const form = tag === "mo" && text === "+" ? { form: "infix" } : {};
  if (!source) {
    return h(tag as "mrow", form as object, text ?? (kids ?? []).map((kid) => element(kid, links)));
  }
  const go = () => {
    links.follow(source);
    links.light(null);
  };
  return h(tag as "mn", {
    class: "number", role: "button", tabindex: 0, "data-value": String(value),
    "aria-label": `${written(value, 7)}, ${links.name(source)}`,
    onClick: go,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation(); // Space would start the training
      go();
    },
    onMouseEnter: () => links.light(source),
    onMouseLeave: () => links.light(null),
    onFocus: () => links.light(source),
    onBlur: () => links.light(null),
  } as object, text);
}
