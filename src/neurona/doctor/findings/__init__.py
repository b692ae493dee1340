"""The faults of a training: each rule measures one thing against one threshold.

They are asked in the order of cause and effect. So of several findings the first is the one to
mend first, and the constant prediction, where most faults end, comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from neurona.doctor.case import Finding
from neurona.doctor.evidence import Evidence
from neurona.doctor.findings import examples, layers, output, size, steps
from neurona.doctor.findings.measures import MEASURES

RULES: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    layers.wrong_gradient,
    output.softmax_of_one,
    output.softmax_of_labels,
    output.out_of_reach,
    output.unfit_cost,
    output.summed_cost,
    examples.leaked,
    examples.contradicting,
    examples.extremes,
    examples.sorted_batches,
    examples.extreme_inputs,
    examples.input_scale,
    examples.target_scale,
    layers.linear_network,
    layers.symmetric,
    layers.too_large_weights,
    layers.saturated,
    layers.dead,
    layers.fading_signal,
    layers.fading_gradient,
    steps.diverged,
    steps.rate_too_high,
    layers.saturated_later,
    layers.dead_later,
    layers.forgetting,
    layers.unmoved,
    steps.rate_too_low,
    examples.unbalanced,
    output.absolute_error_of_classes,
    output.flat_cost,
    size.penalty,
    size.dropout,
    size.small_batches,
    size.no_hidden_layer,
    steps.too_few,
    size.no_signal,
    size.memorizing,
)


def findings_of(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what is wrong, causes before their effects; nothing where all is well."""
    found = [finding for rule in RULES for finding in rule(evidence)]
    if not found:  # what no cause explains; the constant prediction is none
        found += [*size.some_dropout(evidence), *size.too_small(evidence)]
        found = found or [*steps.rises(evidence)]
    elif [one.kind for one in found] == ["too-few-steps"]:
        found = [*size.small_at_any_length(evidence), *found]
    found += output.constant(evidence)
    return tuple(one if one.measure else replace(one, measure=MEASURES[one.kind]) for one in found)
