// Assistive technology reads a formula as one element, so links cannot be inside it. Instead, a
// button covers each number and is visible on hover. A formula as MathML, whose numbers link to their sources.

import { h, type VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Equation, MathNode } from "../formulas/mathml";
import { inLanguage } from "../i18n/numbers";
import type { NumberSource } from "../state/microscope";
import { useStore } from "./context";

export interface Links {
  name: (source: NumberSource) => string;
  follow: (source: NumberSource) => void;
  highlight: (source: NumberSource | null) => void;
}

export function Formula({ equation, links }: { equation: Equation; links: Links }) {
  const { language } = useStore();
  const write = (text: string) => inLanguage(text, language.value);
  const renderNode = (node: MathNode): VNode => mathElement(node, write, renderNode);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const now = box.current;
    if (!now) return;
    const watch = new ResizeObserver(() => placeButtons(now));
    watch.observe(now);
    placeButtons(now);
    return () => watch.disconnect();
  });
  const sign = (i: number) => (i === 0 && equation.arrow ? "←" : "=");
  // No browser breaks lines within MathML: each breakable piece is its own element.
  return (
    <div class="equation" ref={box}>
      {equation.sides.flatMap((right, i) =>
        piecesOf(right).map((piece, k) => (
          <math key={`${i}-${k}`}>
            {i === 0 && k === 0 && renderNode(equation.left)}
            {k === 0 && h("mo", {}, sign(i))}
            {piece.map(renderNode)}
          </math>
        )),
      )}
      {equation.sides.flatMap(linkedNumbers).map(({ text, value, source }, i) => (
        <button
          type="button"
          class="number"
          key={i}
          data-value={value}
          aria-label={`${write(text ?? "")}, ${links.name(source)}`}
          onClick={() => {
            links.follow(source);
            links.highlight(null);
          }}
          onMouseEnter={() => links.highlight(source)}
          onMouseLeave={() => links.highlight(null)}
          onFocus={() => links.highlight(source)}
          onBlur={() => links.highlight(null)}
        />
      ))}
    </div>
  );
}

/** Place each button over its number. */
function placeButtons(box: HTMLElement): void {
  const { left, top } = box.getBoundingClientRect();
  const numbers = box.querySelectorAll(".linked");
  box.querySelectorAll<HTMLElement>(".number").forEach((button, i) => {
    const area = numbers[i]?.getBoundingClientRect();
    if (!area) return;
    button.style.left = `${area.left - left}px`;
    button.style.top = `${area.top - top}px`;
    button.style.width = `${area.width}px`;
    button.style.height = `${area.height}px`;
  });
}

/** The numbers of a formula that have a source, in order. */
function linkedNumbers(tree: MathNode): (MathNode & { source: NumberSource })[] {
  const { source, children } = tree;
  return source ? [{ ...tree, source }] : (children ?? []).flatMap(linkedNumbers);
}

/** The terms of a sum, each with its sign; anything else is a single piece. */
function piecesOf(tree: MathNode): MathNode[][] {
  const children = tree.children ?? [];
  if (!tree.breakable) return [[tree]];
  return children.flatMap((kid, i) =>
    i === 0 ? [[kid]] : i % 2 ? [[kid, children[i + 1] ?? kid]] : [],
  );
}

function mathElement(
  { tag, text, children, source }: MathNode,
  write: (text: string) => string,
  renderNode: (node: MathNode) => VNode,
): VNode {
  // At the start of a line a plus would be read as a sign and lose its spaces.
  const form = tag === "mo" && text === "+" ? { form: "infix" } : {};
  const written = tag === "mn" && text !== undefined ? write(text) : text;
  return h(
    tag as "mrow",
    { ...form, ...(source && { class: "linked" }) } as object,
    written ?? (children ?? []).map(renderNode),
  );
}
