"""The microscope's content: one training step, beside the lesson's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from neurona.engine.data import Data
from neurona.engine.types import Array
from neurona.lesson import trace
from neurona.lesson.step import Factors, factors
from neurona.observe.microscope import Dissection, dissect, finite_differences
from neurona.web.run import View
from neurona.web.setup import LESSON
from neurona.web.steering import optimizer_of
from neurona.web.task import Task

NO_SOFTMAX = {
    "en": "The lesson's program has no softmax: it takes each derivative from one neuron's own a, "
    "and a softmax needs those of all. With another output its lines can be watched here.",
    "es": "El programa de la lección no tiene softmax: saca cada derivada de la a de una sola "
    "neurona, y una softmax necesita las de todas. Con otra salida, aquí se ven sus líneas.",
}
ROWS = ("z", "a", "slope", "error", "delta")  # a batch shows their means


def look(
    view: View, point: int | None, layer: int, unit: int
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return one step's content and its arrays as float32.

    Parameters
    ----------
    view
        The run at one time.
    point
        Which point is the only example, counted through training and test points alike; None for
        all training points together, of which z, a, slope, error and delta are means.
    layer, unit
        The neuron whose derivatives get central differences beside them, counted from 0.
    """
    task, training = view.task, view.task.setup.training
    data = examples(task, point)
    step = dissect(
        task.net,
        view.state.params,
        *data[:2],
        task.cost,
        l1=training.l1,
        l2=training.l2,
        optimizer=optimizer_of(task, view.frozen, len(data.x)),
        optimizer_state=view.state.optimizer_state,
        step=view.state.step,
    )
    params: Any = tuple((one.W, one.b) for one in step.layers)
    differences = finite_differences(
        task.objective, params, Data(step.x, step.target, None), layer, unit
    )
    chosen = step.layers[layer]
    derivatives = np.append(chosen.dW[:, unit], chosen.db[unit])
    arrays = {
        **_arrays(step),
        "differences": differences,
        "gaps": derivatives - differences,  # in float64: float32 would hide them
    }
    content = {
        "point": point,
        "layer": layer,
        "unit": unit,
        "step": view.state.step,
        "examples": len(step.x),
        "test": point is not None and bool(task.held_out[point]),
        "cost": step.cost,
        "data_cost": step.data_cost,
        "penalty": step.cost - step.data_cost,
        "l1": training.l1,
        "l2": training.l2,
        "cost_name": type(task.cost).__name__,
        "logits": task.cost.link is not None,
        "activations": [one.activation.name for one in task.net.layers],
        "optimizer": training.optimizer,
        "factors": _factors(training.optimizer, step),
        "rates": list(step.rates),
        "bug": task.program is not None,  # then the training takes other steps than this one
        "lesson": _lesson(view, step),
    }
    with np.errstate(over="ignore"):  # beyond float32 a number is infinite on the page
        numbers = {name: array.astype(np.float32) for name, array in arrays.items()}
    return content, {**numbers, "frozen": view.frozen.astype(np.uint8)}


def examples(task: Task, point: int | None) -> Data:
    """Return one training or test point as the engine's data, or all training points."""
    if point is None:
        return task.train
    test = task.held_out[point]
    place = int(np.count_nonzero(task.held_out[:point] == test))
    return (task.test if test else task.train).rows([place])


def _arrays(step: Dissection) -> dict[str, Array]:
    arrays = {"inputs": step.x.mean(axis=0), "target": step.target.mean(axis=0)}
    for k, layer in enumerate(step.layers):
        for name, array in layer._asdict().items():
            arrays[f"{name}{k}"] = array.mean(axis=0) if name in ROWS else array
    return arrays


def _lesson(view: View, step: Dissection) -> dict[str, Any]:
    """Return the lesson's lines, executed on the same examples, and the differences.

    A training with the lesson's own step has no other factors than it.
    """
    task, training = view.task, view.task.setup.training
    lines = [line._asdict() for line in trace.source()]
    if not trace.can_tell(task.net):
        return {"source": lines, "moments": [], "refusal": NO_SOFTMAX}
    params: Any = tuple((one.W, one.b) for one in step.layers)
    times = factors(*step.target.shape)._asdict()
    moments = trace.trace(task.net, params, step.x, step.target, training.learning_rate)
    return {
        "source": lines,
        "moments": list(changes(moments)),
        "differences": {
            **(dict.fromkeys("Wb") if training.optimizer == LESSON else times),
            "cost": None if _squared(task) else type(task.cost).__name__,
            "optimizer": None if training.optimizer in ("sgd", LESSON) else training.optimizer,
            "rates": len(set(step.rates)) > 1 or step.rates[0] != training.learning_rate,
            "penalty": bool(training.l1 or training.l2),
            "frozen": bool(view.frozen.any()),
            "lent": sorted({one.activation.name for one in task.net.layers} - {*trace.OWN}),
        },
    }


def _factors(optimizer: str, step: Dissection) -> dict[str, float] | None:
    """Return what the optimizer multiplies the gradient by, beside the rate, if it is constant."""
    known = {"sgd": Factors(1.0, 1.0), LESSON: factors(*step.target.shape)}
    return known[optimizer]._asdict() if optimizer in known else None


def _squared(task: Task) -> bool:
    return type(task.cost).__name__ == "SquaredError"


def changes(moments: Iterable[trace.Moment]) -> Iterable[dict[str, Any]]:
    """Yield each moment with only the variables that are new or have changed."""
    known: dict[str, trace.Variable] = {}
    for moment in moments:
        new = [one for one in moment.variables if known.get(one.name) != one]
        known = {one.name: one for one in moment.variables}
        yield {**moment._asdict(), "variables": [one._asdict() for one in new]}
