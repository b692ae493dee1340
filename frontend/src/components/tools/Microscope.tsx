// One training step in four phases: formulas with their numbers, beside the lesson's code.

import { useRef } from "preact/hooks";
import { backward } from "../../formulas/backward";
import { cost } from "../../formulas/cost";
import { forward } from "../../formulas/forward";
import { type Equation, formatNumber } from "../../formulas/mathml";
import { derivatives, type ParameterRow, updates } from "../../formulas/parameters";
import { FormulaTerms } from "../../formulas/terms";
import { fill } from "../../i18n";
import { inLanguage } from "../../i18n/numbers";
import { PHASES, type Phase, type StepDetails } from "../../server/messages";
import { featureLabel, phaseName } from "../../state/labels";
import type { NumberSource } from "../../state/microscope";
import type { Store } from "../../state/store";
import { NumberInput, Select } from "../controls";
import { Formula, type Links } from "../Formula";
import { LessonCode } from "../LessonCode";
import { ToolPanel } from "../ToolPanel";
import { useUniqueId } from "../unique-id";
import { WordCard } from "../WordCard";
import { WindowMicroscope } from "./WindowMicroscope";

export function Microscope({ store }: { store: Store }) {
  return store.run.value?.layers ? (
    <WindowMicroscope store={store} />
  ) : (
    <StepMicroscope store={store} />
  );
}

function StepMicroscope({ store }: { store: Store }) {
  const { text, microscope, run } = store;
  const t = text.value;
  const id = useUniqueId();
  const { details, stage, topology } = microscope;
  const now = details.value;
  const { phase, layer } = stage.value;
  const fits = now && run.value && now.activations.length === topology.value.length - 1;
  const neurons = topology.value
    .slice(1)
    .flatMap((count, k) => Array.from({ length: count }, (_, i) => `${k + 1}.${i + 1}`));
  return (
    <ToolPanel
      store={store}
      title={t.microscope}
      name="microscope"
      onKeyDown={(event) => onArrowKey(event, microscope)}
    >
      <PhaseTabs store={store} id={id} />
      <div class="top">
        <StageStepper store={store} />
        <Examples store={store} />
        <Select
          label={t.neuron}
          value={`${layer + 1}.${microscope.unit.value + 1}`}
          options={neurons}
          onChange={(one) => {
            const [k = 1, i = 1] = one.split(".").map(Number);
            microscope.select(k - 1, i - 1);
          }}
        />
      </div>
      {now?.bug && <p class="note">{t.bugs.not_its_step}</p>}
      <div class="halves">
        <div class="formulas" role="tabpanel" id={`${id}-phase`} aria-labelledby={`${id}-${phase}`}>
          {fits ? <Formulas store={store} details={now} /> : <p>{t.looking}</p>}
        </div>
        {fits && <LessonCode store={store} lesson={now.lesson} />}
      </div>
    </ToolPanel>
  );
}

/** Goes to the first stage of a phase. */
function PhaseTabs({ store: { text, microscope }, id }: { store: Store; id: string }) {
  const t = text.value;
  const { phase } = microscope.stage.value;
  return (
    <div class="tabs" role="tablist" aria-label={t.phase} onKeyDown={onTabKey}>
      {PHASES.map((one) => (
        <button
          type="button"
          role="tab"
          key={one}
          id={`${id}-${one}`}
          aria-selected={one === phase}
          aria-controls={`${id}-phase`}
          tabIndex={one === phase ? 0 : -1}
          onClick={() => microscope.phase(one)}
        >
          {phaseName(one, t)}
        </button>
      ))}
    </div>
  );
}

/** Moves through the stages of the step. */
function StageStepper({ store: { text, microscope } }: { store: Store }) {
  const t = text.value;
  const { stageIndex, stages } = microscope;
  const { phase, layer } = microscope.stage.value;
  return (
    <>
      <button
        type="button"
        aria-label={t.stage_back}
        disabled={stageIndex.value === 0}
        onClick={microscope.back}
      >
        ‹
      </button>
      <p class="place" role="status">
        {phase === "cost" ? t.cost_phase : fill(t.at_layer, { k: layer + 1 })}
        {" · "}
        {fill(t.stage_of, { i: stageIndex.value + 1, n: stages.value.length })}
      </p>
      <button
        type="button"
        aria-label={t.stage_next}
        disabled={stageIndex.value >= stages.value.length - 1}
        onClick={microscope.next}
      >
        ›
      </button>
    </>
  );
}

/** Arrow keys move between stages, unless the focused element uses them. */
function onArrowKey(event: KeyboardEvent, { next, back }: Store["microscope"]): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
  event.stopPropagation(); // elsewhere the right arrow takes a training step
  if ((event.target as HTMLElement).closest("input, select, .code, .variables, .scrolls")) return;
  event.preventDefault();
  (event.key === "ArrowRight" ? next : back)();
}

/** Arrow keys move between tabs, as in every tab list. */
function onTabKey(event: KeyboardEvent): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.stopPropagation();
  event.preventDefault();
  const tabs = [
    ...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=tab]"),
  ];
  const next = tabs[(tabs.indexOf(event.target as HTMLElement) + by + tabs.length) % tabs.length];
  next?.click();
  next?.focus();
}

/** Chooses the examples: the whole batch, or one point, counted from 1. */
function Examples({ store }: { store: Store }) {
  const { text, microscope, run } = store;
  const t = text.value;
  const { point } = microscope;
  const count = run.value?.labels.length ?? 1;
  const take = (i: number) => {
    point.value = (i + count) % count;
  };
  const one = point.value;
  return (
    <div class="group examples" role="group" aria-label={t.points}>
      <button
        type="button"
        aria-pressed={one === null}
        onClick={() => {
          point.value = null;
        }}
      >
        {t.whole_batch}
      </button>
      <button type="button" aria-label={t.point_before} onClick={() => take((one ?? 0) - 1)}>
        ‹
      </button>
      <NumberInput
        label={t.one_point}
        value={one === null ? null : one + 1}
        limits={{ min: 1, max: count, above: false }}
        whole
        empty="–"
        onChange={(given) => {
          point.value = given === null ? null : given - 1;
        }}
      />
      <button
        type="button"
        aria-label={t.point_after}
        onClick={() => take(one === null ? 0 : one + 1)}
      >
        ›
      </button>
    </div>
  );
}

function Formulas({ store, details: look }: { store: Store; details: StepDetails }) {
  const { text, microscope, run, language } = store;
  const t = text.value;
  const write = (x: number) => inLanguage(formatNumber(x), language.value);
  const { phase, layer } = microscope.stage.value;
  const unit = microscope.unit.value;
  const inputs = (run.value?.setup.inputs ?? []).map(featureLabel);
  const region = useRef<HTMLDivElement>(null);
  const terms = new FormulaTerms(look, microscope.topology.value, inputs);
  const links: Links = {
    name: (source) => sourceName(source, store),
    highlight: (source) => {
      microscope.highlighted.value = source;
    },
    follow: (source) => {
      microscope.follow(source);
      if (source.kind === "setting") openSetting(source, store);
      // The button that had the focus may be gone: keep the keyboard inside the microscope.
      else
        setTimeout(() => {
          if (document.activeElement === document.body) region.current?.focus();
        });
    },
  };
  const equations: Record<Phase, () => Equation[]> = {
    forward: () => forward(terms, layer, unit),
    cost: () => cost(terms, unit),
    backward: () => backward(terms, layer, unit),
    update: () => [],
  };
  const batch = run.value?.setup.training.batch_size ?? null;
  const whose = run.value?.test[look.point ?? -1] ? t.test : t.train;
  return (
    <>
      <p class="lead">{t.phases[phase]}</p>
      <p class="note">
        {look.point === null
          ? fill(phase === "cost" ? t.of_batch_cost : t.of_batch, { n: look.examples })
          : fill(t.of_point, {
              i: look.point + 1,
              set: whose.toLowerCase(),
              x: Array.from(look.arrays.inputs ?? [], write).join("; "),
              t: Array.from(look.arrays.target ?? [], write).join("; "),
            })}
        {look.point === null && phase === "forward" && ` ${t.picking}`}
        {look.point === null &&
          batch !== null &&
          batch < look.examples &&
          ` ${fill(t.mini_batch, { size: batch })}`}
        {phase === "cost" && look.cost_name === "Huber" && ` ${t.huber}`}
        {phase === "cost" && (look.l1 > 0 || look.l2 > 0) && ` ${t.penalty_note}`}
      </p>
      <div class="scrolls" tabIndex={0} role="group" aria-label={phaseName(phase, t)} ref={region}>
        {equations[phase]().map((one, i) => (
          <Formula key={i} equation={one} links={links} />
        ))}
        {phase === "backward" && (
          <ParameterTable
            caption={t.derivatives}
            rows={derivatives(terms, layer, unit)}
            links={links}
            store={store}
            checked
          />
        )}
        {phase === "update" && (
          <ParameterTable
            caption={t.changes}
            rows={updates(terms, layer, unit)}
            links={links}
            store={store}
          />
        )}
      </div>
      {phase === "backward" && <p class="note">{t.delta_is}</p>}
      {phase === "update" && !look.factors && (
        <p class="note">{fill(t.change_by, { optimizer: look.optimizer })}</p>
      )}
    </>
  );
}

function ParameterTable({
  caption,
  rows,
  links,
  store,
  checked = false,
}: {
  caption: string;
  rows: ParameterRow[];
  links: Links;
  store: Store;
  checked?: boolean;
}) {
  const { text, microscope, language } = store;
  const t = text.value;
  const { layer } = microscope.stage.value;
  const write = (x: number | null, figures: number) =>
    inLanguage(formatNumber(x, figures), language.value);
  return (
    <table class="parameters">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{t.from_input}</th>
          <th scope="col">{checked ? t.derivative : t.update}</th>
          {checked && <th scope="col">{t.difference}</th>}
          {checked && (
            <th scope="col">
              {t.apart} <WordCard word="relative_error" label={t.apart} />
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.row}>
            <th scope="row">{one.row < 0 ? t.bias : readName(layer, one.row, store)}</th>
            <td class="formula">
              <Formula equation={one.equation} links={links} />
              {one.frozen && !checked && <small>{t.stays}</small>}
            </td>
            {checked && <td class="difference">{write(one.difference, 7)}</td>}
            {checked && (
              <td class="gap">{write(one.gap === null ? null : Math.abs(one.gap), 2)}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The name of a layer's input: a feature, or a neuron of the previous layer. */
function readName(layer: number, from: number, { run }: Store): string {
  return layer === 0 ? featureLabel(run.value?.setup.inputs[from] ?? "") : `${layer}.${from + 1}`;
}

function sourceName(source: NumberSource, store: Store): string {
  const t = store.text.value;
  switch (source.kind) {
    case "input":
      return fill(t.from_an_input, { name: readName(0, source.unit, store) });
    case "target":
      return t.from_target;
    case "setting":
      return fill(t.from_setting, { name: t[source.name] });
    case "weight": {
      const to = `${source.layer + 1}.${source.unit + 1}`;
      if (source.row < 0) return fill(t.from_bias, { to });
      return fill(t.from_weight, { from: readName(source.layer, source.row, store), to });
    }
    case "neuron":
      return fill(t.from_neuron, {
        to: `${source.layer + 1}.${source.unit + 1}`,
        phase: phaseName(source.phase, t).toLowerCase(),
      });
  }
}

/** Go to the field of a setting: the layer's own learning rate, or the shared value. */
function openSetting(
  source: Extract<NumberSource, { kind: "setting" }>,
  { text, run, tool, host }: Store,
): void {
  const { layers, output } = run.value?.setup ?? {};
  const ownRate =
    source.name === "learning_rate" && (layers?.[source.layer] ?? output)?.learning_rate != null;
  tool.value = ownRate ? null : "settings";
  setTimeout(() => {
    const t = text.value;
    const view = host.ownsPage ? document : host.root;
    const fields = ownRate
      ? [...view.querySelectorAll<HTMLElement>(`input[aria-label^="${t.own_rate}"]`)]
      : [...view.querySelectorAll<HTMLLabelElement>(".settings .field-name label")]
          .filter((label) => label.textContent === t[source.name])
          .map((label) => label.control as HTMLElement);
    fields[ownRate ? source.layer : 0]?.focus();
  });
}
