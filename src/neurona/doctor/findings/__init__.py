"""What may be wrong with a training: each rule measures one thing against one threshold.

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
    examples.sorted_batches,
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
    steps.rate_too_low,
    steps.too_few,
    output.absolute_error_of_classes,
    output.flat_cost,
    size.penalty,
    size.dropout,
    size.no_hidden_layer,
    examples.unbalanced,
    size.memorizing,
    size.too_small,
    output.constant,
)


# What is said only where no cause explains it; the constant prediction is none.
RESIDUAL = frozenset({"too-small", "no-signal"})


def findings_of(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what is wrong, causes before their effects; nothing where all is well."""
    found = [
        finding if finding.measure else replace(finding, measure=MEASURES[finding.kind])
        for rule in RULES
        for finding in rule(evidence)
    ]
    explained = any(one.kind not in {*RESIDUAL, "constant-output"} for one in found)
    return tuple(one for one in found if not (explained and one.kind in RESIDUAL))
