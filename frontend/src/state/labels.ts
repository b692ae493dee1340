// The labels of classes, axes, features, phases and examples; a table's names come first.

import type { Texts } from "../i18n";
import type { DrawnLayer, Phase, Run } from "../server/messages";
import type { Channel } from "./images";

/** The name of a class, or its number. */
export function classLabel(run: Run | null, k: number): string {
  return classNames(run)[k] ?? String(k);
}

/** The names of the classes; empty if they are only numbers. */
export function classNames(run: Run | null): string[] {
  const data = run?.setup.data;
  return data?.kind === "own" && run?.classes ? data.class_names : [];
}

/** The names of the columns behind x₁ and x₂, or null. */
export function axisNames(run: Run | null): [string, string] | null {
  const data = run?.setup.data;
  const [x1, x2] = data?.kind === "own" ? data.columns : [];
  return x1 !== undefined && x2 !== undefined ? [x1, x2] : null;
}

/** The class whose probability an output predicts, or null. */
export function outputName(run: Run, index: number): string | null {
  return classNames(run)[run.outputs > 1 ? index : 1] ?? null;
}

/** A neuron's name: its place, and what it stands for. */
export function neuronName(run: Run, layer: number, index: number, t: Texts): string {
  const feature = run.setup.inputs[index] ?? "";
  const detail =
    layer === 0
      ? axisNames(run)?.[["x1", "x2"].indexOf(feature)]
      : layer + 1 === run.topology.length
        ? outputName(run, index)
        : null;
  const place =
    layer === 0 ? `${t.input} ${featureLabel(feature)}` : `${t.neuron} ${layer}.${index + 1}`;
  return detail ? `${place}: ${detail}` : place;
}

/** The name of a map, a unit, or a neuron of a dense layer: its layer and its number, from 1. */
export function channelName(
  layers: readonly DrawnLayer[],
  { layer, channel }: Channel,
  t: Texts,
): string {
  const one = layers[layer];
  if (!one || one.kind === "Image") return t.images.image;
  if (one.kind === "Series") return t.series.one;
  const names: Record<string, string> = t.images.maps;
  const kinds = [t.neuron, t.series.unit, names[one.kind] ?? one.kind];
  return `${kinds[one.shape.length - 1]} ${one.row + 1}.${channel + 1}`;
}

/** An input feature in print: x₁² for x1^2. */
export function featureLabel(input: string): string {
  return input.replace("x1", "x₁").replace("x2", "x₂").replace("^2", "²").replace("*", " ");
}

/** A choice's name in words; a name that has none is its own. */
export function choiceName(name: string, t: Texts): string {
  const names: Record<string, string> = t.choices;
  if (name === "lesson") return t.lesson_step;
  return name === "auto" ? t.auto : (names[name] ?? name);
}

/** The name of a layer's kind in words. */
export function kindName(kind: string, t: Texts): string {
  return t.images.kinds[kind as "conv"] ?? kind;
}

export function phaseName(phase: Phase, t: Texts): string {
  return { forward: t.forward, cost: t.cost_phase, backward: t.backward, update: t.update }[phase];
}

export function exampleName(key: string, t: Texts): string {
  return t.examples[key as keyof Texts["examples"]] ?? key;
}
