"""From a view of a run to the arrays that the page draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona.engine.parameters import flatten
from neurona.engine.types import Array
from neurona.observe import numbers, scores
from neurona.web.doctor import Speaker
from neurona.web.run import View
from neurona.web.task import Task


class FrameRenderer:
    """Renders frames of one task; constant parts are computed once."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._grids: dict[int, Array] = {}
        self._everywhere = task.features(task.points)
        self._speaker = Speaker(task)

    def frame(
        self, view: View, resolution: int, neurons: int
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return a frame's content and its arrays."""
        task, state = view.task, view.state
        with np.errstate(all="ignore"):
            everywhere = task.net.predict(state.params, self._everywhere)
            gradients = numbers.gradients(
                task.net, state.params, task.train.x, task.train.target, task.cost
            )
            surface, pictures = self._plane(view, resolution, neurons)
            arrays = {
                "surface": surface,
                "neurons": pictures,
                "parameters": flatten(state.params).astype(np.float32),
                "frozen": view.frozen.astype(np.uint8),
                "gradients": numbers.gradient_norms(gradients).astype(np.float32),
                "saturation": numbers.saturation(task.net, state.params, task.train.x).astype(
                    np.float32
                ),
            }
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
        if task.classes:
            wrong = scores.classes_of(everywhere) != task.labels
            test = task.held_out
            content["accuracy"] = float(1 - wrong[~test].mean())
            content["test_accuracy"] = float(1 - wrong[test].mean()) if test.any() else None
            counted = test if test.any() else ~test
            arrays["wrong"] = wrong.astype(np.uint8)
            arrays["confusion"] = scores.confusion_matrix(
                everywhere[counted], task.labels[counted], task.classes
            ).astype(np.int32)
        return content, arrays

    def _features(self, resolution: int) -> Array:
        if resolution not in self._grids:
            self._grids[resolution] = self.task.features(
                numbers.grid(self.task.limits, resolution)[2]
            )
        return self._grids[resolution]

    def _plane(self, view: View, resolution: int, neurons: int) -> tuple[Array, Array]:
        """Return the network's predictions over the plane, and each neuron's activation.

        The surface is ``(outputs, resolution, resolution)``: 0 to 255 over [0, 1], or over [-1, 1]
        in a regression. The neurons' images, the inputs' first, are ``(count, r, r)``, r being
        about ``neurons``: every so many points of the same grid, each over its own range, 128
        being 0.
        """
        inputs = self._features(resolution)
        layers = numbers.activations(view.task.net, view.state.params, inputs)
        answers = layers[-1].a
        if not view.task.classes:
            answers = (answers + 1) / 2
        every = max(1, round((resolution - 1) / (neurons - 1)))
        thinned = [
            values.T.reshape(-1, resolution, resolution)[:, ::every, ::every]
            for values in (inputs, *(layer.a for layer in layers))
        ]
        values = np.concatenate(thinned)
        reach = np.maximum(abs(values).max(axis=(1, 2), keepdims=True), 1e-9)
        return (
            _bytes(answers.T).reshape(-1, resolution, resolution),
            _bytes(values / reach * (127.5 / 255) + 128 / 255),
        )


def _bytes(values: Array) -> Array:
    """Return 0 to 1 as 0 to 255; NaN becomes 0."""
    scaled: Array = np.nan_to_num(np.clip(values, 0, 1) * 255).round()
    return scaled.astype(np.uint8)
