"""The cures on the page: what mends the run on the screen, proved in a process of its own.

A proof trains for seconds. In the server's own interpreter it would hold up every page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from neurona.doctor.case import Case, Finding
from neurona.doctor.cures import apply
from neurona.doctor.data_signs import data_signs
from neurona.doctor.diagnosis import SINGLE, diagnose_case
from neurona.doctor.proof import NotProved, prove
from neurona.engine.activations import ACTIVATIONS
from neurona.engine.costs import COSTS, CROSS_ENTROPIES
from neurona.engine.initializers import INITIALIZERS
from neurona.engine.layers.convolution import Conv2D
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.gru import GRU
from neurona.engine.layers.lstm import LSTM
from neurona.engine.layers.recurrent import Recurrent
from neurona.engine.optimizers import OPTIMIZERS, find_optimizer
from neurona.web.apart import Stop, apart
from neurona.web.doctor import TRIED, case_of, diagnosis_of
from neurona.web.errors import PlaygroundError, no_answer
from neurona.web.run import Run, View
from neurona.web.setup import LayerSetup, Setup
from neurona.web.steering import optimizer_of
from neurona.web.task import make_task
from neurona.web.worker import WorkerRun

SECONDS = 20.0
STEPS = 2500  # that a trial trains: enough for the page's networks, and for the time
LAYERED_STEPS = 300  # of networks on images or series, each of whose steps takes longer
WAYS = 100  # moments of the run from which the findings are


def prepare(run: Run | WorkerRun) -> Callable[[Stop], dict[str, Any]]:
    """Capture the run on the screen, and return a function that proves what cures it.

    It takes the time of a proof, and asks now and then whether to leave off.

    Raises
    ------
    PlaygroundError
        If the training does not respond; from the returned function, if nothing could be proved.
    """
    try:
        view, way = run.settle(), run.snapshots(WAYS)
    except (TimeoutError, PlaygroundError) as error:
        raise no_answer("cures") from error

    def make(stop: Stop) -> dict[str, Any]:
        findings = diagnosis_of(view, way).findings
        setup, steps = view.task.setup, steps_of(view, findings)
        if not isinstance(run, WorkerRun):
            return told(setup, steps, findings, stop)
        request = setup, steps, findings
        content: dict[str, Any]
        [content] = apart(_proved, *request, stop=stop, seconds=3 * SECONDS, code="cures")
        return content

    return make


def _proved(setup: Setup, steps: int, findings: tuple[Finding, ...]) -> Iterator[dict[str, Any]]:
    yield told(setup, steps, findings, lambda: False)


def steps_of(view: View, findings: tuple[Finding, ...]) -> int:
    """Return how many steps each trial takes: 2,500, but where the steps are what is wrong.

    On images and series they are 300.
    """
    most = STEPS if view.task.planar else LAYERED_STEPS
    taken = view.state.step if view.state.step >= SINGLE else TRIED
    few = any(finding.kind == "too-few-steps" for finding in findings)
    return min(taken, most) if few else most


def told(setup: Setup, steps: int, findings: tuple[Finding, ...], stop: Stop) -> dict[str, Any]:
    """Prove the cures of a set-up, and return the message.

    Raises
    ------
    PlaygroundError
        If the time was over before anything was proved.
    """
    case = case_of_setup(setup, steps)
    try:
        proof = prove(
            case,
            findings,
            seconds=SECONDS,
            stop=stop,
            examine=lambda changed: diagnose_case(changed).findings,
        )
    except NotProved:
        raise PlaygroundError(
            "cures",
            f"Five networks are not trained within {SECONDS:g} seconds: take fewer points or "
            "neurons.",
            f"Cinco redes no se entrenan en {SECONDS:g} segundos: toma menos puntos o neuronas.",
        ) from None
    content = proof.to_json()
    for kind, trials in (("trials", proof.trials), ("search", proof.search)):
        for one, trial in zip(content[kind], trials, strict=True):
            one["setup"] = setup_with(trial.cures, setup, case)
    content["sick"]["setup"] = setup.to_json()
    trivial = float(data_signs(case).trivial_cost)
    return {"type": "cures", "done": True, **content, "steps": steps, "trivial_cost": trivial}


def case_of_setup(setup: Setup, steps: int) -> Case:
    """Return what decides the training of a set-up."""
    task = make_task(setup)
    return case_of(task, steps, task.frozen, None if setup.weights is None else task.begin())


def setup_with(cures: tuple[str, ...], setup: Setup, case: Case) -> dict[str, Any] | None:
    """Return the set-up with cures, as JSON; None where the page cannot train what they make.

    The network, cost and optimizer that the page would make of it are compared with the cures'.
    """
    _, changed = apply(cures, case)
    try:
        made = Setup.from_json(_setup_of(changed, setup).to_json())
        again = case_of_setup(made, changed.steps)
    except (PlaygroundError, LookupError):  # beyond the page's limits, or without a name there
        return None
    pairs = [
        (again.net, changed.net),
        (again.cost, changed.cost),
        (again.optimizer, find_optimizer(changed.optimizer)),
        ((again.batch_size, again.l1, again.l2), (changed.batch_size, changed.l1, changed.l2)),
        ((True, False, True), (changed.shuffle, changed.early_stop, changed.sample_weight is None)),
        ((id(case.X), id(case.y)), (id(changed.X), id(changed.y))),
    ]
    return made.to_json() if all(one == other for one, other in pairs) else None


def _setup_of(case: Case, setup: Setup) -> Setup:
    """Return the set-up whose words describe a case."""
    *hidden, last = [
        layer for layer in case.net.layers if isinstance(layer, Dense | Conv2D | Recurrent)
    ]
    optimizer = find_optimizer(case.optimizer)
    task = make_task(setup)
    same = type(optimizer) is type(optimizer_of(task, task.frozen))
    name = setup.training.optimizer if same else _name_of(type(optimizer), OPTIMIZERS)
    rates: Any = optimizer.learning_rate
    several = isinstance(rates, list | tuple)
    rate = setup.training.learning_rate if several else rates
    each = [one if several and one != rate else None for one in _each(rates, len(hidden) + 1)]
    output = last.activation.name
    if output == task.net.output.name:
        output = setup.output.activation  # "auto" stays
    cost = setup.training.cost
    if case.cost != task.cost:
        cost = _name_of(type(case.cost), {**COSTS, "cross_entropy": None})
    training = replace(
        setup.training,
        learning_rate=rate,
        optimizer=name,
        cost=cost,
        batch_size=case.batch_size,
        l1=case.l1,
        l2=case.l2,
        initializer=_name_of(last.initializer, INITIALIZERS),
    )
    before = [*(() if setup.data.planar else setup.layers), *[LayerSetup()] * len(hidden)]
    layers = tuple(
        replace(
            one,
            neurons=layer.n_out,
            learning_rate=own,
            activation=one.activation  # unused: that of its gates is fixed
            if isinstance(layer, GRU | LSTM)
            else _name_of(layer.activation, ACTIVATIONS),
        )
        for layer, own, one in zip(hidden, each, before, strict=False)
    )
    return replace(
        setup,
        layers=layers,
        output=replace(setup.output, activation=output, learning_rate=each[-1]),
        training=training,
        weights=None if case.params is None else setup.weights,
    )


def _each(rates: Any, count: int) -> list[Any]:
    return list(rates) if isinstance(rates, list | tuple) else [rates] * count


def _name_of(thing: Any, known: dict[str, Any]) -> str:
    """Return the name of a thing; LookupError if it has none."""
    if thing in CROSS_ENTROPIES.values():
        return "cross_entropy"
    for name, one in known.items():
        if one is thing:
            return name
    raise LookupError(thing)
