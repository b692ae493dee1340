"""From a view of a run to the arrays that the page draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona.engine.parameters import flatten
from neurona.engine.types import Array
from neurona.observe import numbers, scores
from neurona.web.doctor import Speaker
from neurona.web.flow import MOST_LAYERED, measure
from neurona.web.maps import maps_of
from neurona.web.run import View
from neurona.web.task import Task


class FrameRenderer:
    """Renders frames of one task; constant parts are computed once.

    Parameters
    ----------
    task
        The task.

    Attributes
    ----------
    example
        Of a task on images or series, the one whose way through the network is drawn; None of
        points.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.example: Array | None = None if task.planar else task.points[0]
        self._outputs: Array | None = None
        self._grids: dict[int, Array] = {}
        self._everywhere = task.features(task.points)
        self._speaker = Speaker(task)

    def frame(
        self, view: View, resolution: int, neurons: int, *, network: bool = True
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return a frame's content and its arrays.

        Parameters
        ----------
        view
            The moment.
        resolution
            Points of the plane on each side.
        neurons
            Points of a neuron's picture on each side, about.
        network
            Whether to draw the network too: its neurons, parameters and flow, and the confusion
            matrix. They take most of the time, and change too fast to be followed at each picture.
        """
        task, state = view.task, view.state
        content: dict[str, Any] = {
            "step": state.step,
            "epoch": state.epoch,
            "playing": view.playing,
            "steps_per_second": view.steps_per_second,
            "cost": state.cost,
            "test_cost": view.test_cost,
            "accuracy": None,
            "test_accuracy": None,
            "branch": view.branch,
            "at": view.snapshots - 1 if view.at is None else view.at,
            "snapshots": view.snapshots,
            "diverged": view.diverged,
            "sentence": self._speaker.say(view),
        }
        with np.errstate(all="ignore"):
            arrays = {}
            if self.example is not None:
                arrays["maps"] = maps_of(task, state.params, self.example)
            else:
                answers, pictures = self._plane(view, resolution, neurons, network)
                arrays["surface"], content["span"] = _spanned(answers)
                arrays |= {"neurons": pictures} if network else {}
            if network:
                flow = measure(task, state.params, None if task.planar else MOST_LAYERED)
                arrays |= {
                    "parameters": flatten(state.params).astype(np.float32),
                    "frozen": view.frozen.astype(np.uint8),
                    "signal": flow.signal,
                    "gradients": flow.gradient,
                    "saturation": flow.saturation,
                }
            if task.classes:
                everywhere = self._predictions(view, anew=network)
                wrong = scores.classes_of(everywhere) != task.labels
                test = task.held_out
                content["accuracy"] = float(1 - wrong[~test].mean())
                content["test_accuracy"] = float(1 - wrong[test].mean()) if test.any() else None
                arrays["wrong"] = wrong.astype(np.uint8)
                if network:
                    counted = test if test.any() else ~test
                    arrays["confusion"] = scores.confusion_matrix(
                        everywhere[counted], task.labels[counted], task.classes
                    ).astype(np.int32)
        return content, arrays

    def _predictions(self, view: View, anew: bool) -> Array:
        """Return the outputs for all examples; of those without a plane perhaps the last ones."""
        if anew or self.example is None or self._outputs is None:
            self._outputs = self.task.net.predict(view.state.params, self._everywhere)
        return self._outputs

    def _features(self, resolution: int) -> Array:
        if resolution not in self._grids:
            self._grids[resolution] = self.task.features(
                numbers.grid(self.task.limits, resolution)[2]
            )
        return self._grids[resolution]

    def _plane(
        self, view: View, resolution: int, neurons: int, network: bool
    ) -> tuple[Array, Array]:
        """Return the network's predictions over the plane, and a picture of each neuron.

        The predictions are ``(outputs, resolution, resolution)``. The pictures, the inputs' first,
        are ``(count, r, r)`` bytes, r being about ``neurons``: every so many points of the same
        grid, each over its own range.
        """
        inputs = self._features(resolution)
        net, params = view.task.net, view.state.params
        if not network:
            return net.predict(params, inputs).T.reshape(-1, resolution, resolution), inputs
        layers = numbers.activations(net, params, inputs)
        every = max(1, round((resolution - 1) / (neurons - 1)))
        thinned = [
            values.T.reshape(-1, resolution, resolution)[:, ::every, ::every]
            for values in (inputs, *(layer.a for layer in layers))
        ]
        values = np.concatenate(thinned)
        low, high = (reduce(axis=(1, 2), keepdims=True) for reduce in (values.min, values.max))
        # A neuron that is constant but for rounding shows no picture of it.
        flat = ~(high - low > 1e-6 * np.maximum(abs(low), abs(high)))
        shares = np.where(flat, 128 / 255, (values - low) / np.where(flat, 1, high - low))
        return layers[-1].a.T.reshape(-1, resolution, resolution), _bytes(255 * shares)


def _spanned(values: Array) -> tuple[Array, list[float]]:
    """Return numbers as bytes over their own range, and that range; NaN is its lower end."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return _bytes((values - low) * (255 / ((high - low) or 1))), [low, high]


def _bytes(values: Array) -> Array:
    """Round numbers to whole ones from 0 to 255; NaN becomes 0."""
    scaled: Array = np.rint(np.fmin(np.fmax(values, 0), 255))
    return scaled.astype(np.uint8)
