// A formula as MathML; its numbers can be followed to where they come from.
//
// For who listens a formula has no parts: what can be pressed may not lie within it. So over each
// number lies a button, which is seen when it is pointed at.

import { h, type VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Equation, Tree } from "../formula";
import type { Source } from "../microscope";

export interface Links {
  name: (source: Source) => string;
  follow: (source: Source) => void;
  light: (source: Source | null) => void;
}

export function Formula({ equation, links }: { equation: Equation; links: Links }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const now = box.current;
    if (!now) return;
    const watch = new ResizeObserver(() => lay(now));
    watch.observe(now);
    lay(now);
    return () => watch.disconnect();
  });
  const sign = (i: number) => (i === 0 && equation.arrow ? "←" : "=");
  // No browser breaks a line of MathML: what may be broken is a piece of its own.
  return (
    <div class="equation" ref={box}>
      {equation.rights.flatMap((right, i) =>
        piecesOf(right).map((piece, k) => (
          <math key={`${i}-${k}`}>
            {i === 0 && k === 0 && element(equation.left)}
            {k === 0 && h("mo", {}, sign(i))}
            {piece.map(element)}
          </math>
        )),
      )}
      {equation.rights.flatMap(linked).map(({ text, value, source }, i) => (
        <button
          type="button"
          class="number"
          key={i}
          data-value={value}
          aria-label={`${text}, ${links.name(source)}`}
          onClick={() => {
            links.follow(source);
            links.light(null);
          }}
          onMouseEnter={() => links.light(source)}
          onMouseLeave={() => links.light(null)}
          onFocus={() => links.light(source)}
          onBlur={() => links.light(null)}
        />
      ))}
    </div>
  );
}

/** Lay each button over its number. */
function lay(box: HTMLElement): void {
  const { left, top } = box.getBoundingClientRect();
  const numbers = box.querySelectorAll(".linked");
  box.querySelectorAll<HTMLElement>(".number").forEach((button, i) => {
    const place = numbers[i]?.getBoundingClientRect();
    if (!place) return;
    button.style.left = `${place.left - left}px`;
    button.style.top = `${place.top - top}px`;
    button.style.width = `${place.width}px`;
    button.style.height = `${place.height}px`;
  });
}

/** The numbers of a formula, in their order, that come from somewhere. */
function linked(tree: Tree): (Tree & { source: Source })[] {
  const { source, kids } = tree;
  return source ? [{ ...tree, source }] : (kids ?? []).flatMap(linked);
}

/** The terms of a sum, each with the sign before it; what is no sum is one piece. */
function piecesOf(tree: Tree): Tree[][] {
  const kids = tree.kids ?? [];
  if (!tree.terms) return [[tree]];
  return kids.flatMap((kid, i) => (i === 0 ? [[kid]] : i % 2 ? [[kid, kids[i + 1] ?? kid]] : []));
}

function element({ tag, text, kids, source }: Tree): VNode {
  // At the beginning of a line a plus would be taken for a sign, and lose its spaces.
  const form = tag === "mo" && text === "+" ? { form: "infix" } : {};
  return h(
    tag as "mrow",
    { ...form, ...(source && { class: "linked" }) } as object,
    text ?? (kids ?? []).map(element),
  );
}
