"""What page and training say to each other; by what road the messages come, it doesn't know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeAlias

import numpy as np

from neurona import __version__
from neurona.engine.initializers import INITIALIZERS
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.types import Array
from neurona.web import microscope
from neurona.web import setup as choices
from neurona.web.pictures import Painter
from neurona.web.problem import Problem, make_problem
from neurona.web.refusal import Refusal
from neurona.web.remote import RemoteRun
from neurona.web.run import Run, View, parameter_index
from neurona.web.setup import Setup
from neurona.web.table import read_table
from neurona.web.take import LANGUAGES, MAKERS, THEMES, order

Message: TypeAlias = tuple[dict[str, Any], dict[str, Array]]


class Conversation:
    """One page's talk with its own training.

    Parameters
    ----------
    on_change
        Called, in the training's thread, when there is something new to see.
    trainer
        What trains: a thread, or :class:`neurona.web.remote.RemoteRun`, a process.

    Examples
    --------
    >>> talk = Conversation()
    >>> [content["type"] for content, _ in talk.hear({"type": "hello", "setup": None})]
    ['welcome', 'run']
    >>> [content["type"] for content, _ in talk.hear({"type": "frame"})]
    ['frame']
    >>> talk.hear({"type": "fly"})[0][0]["code"]
    'message'
    >>> talk.close()
    """

    def __init__(
        self,
        on_change: Callable[[], None] = lambda: None,
        trainer: Callable[[Problem, Callable[[], None]], Run | RemoteRun] = Run,
    ) -> None:
        self._on_change = on_change
        self._trainer = trainer
        self._run: Run | RemoteRun | None = None
        self._runs = 0
        self._shown: tuple[int, int] | None = None
        self._kept = -1
        self._painter: Painter | None = None

    def hear(self, message: Any) -> list[Message]:
        """Answer one message; what is wrong with it is the answer then."""
        try:
            if not isinstance(message, Mapping):
                raise _not_understood("message")
            kind = message.get("type")
            if not isinstance(kind, str) or kind not in _ANSWERS:
                raise _not_understood("type")
            if self._run is None and kind != "hello":
                raise Refusal("hello", "Say hello first.", "Saluda primero.")
            return _ANSWERS[kind](self, message)
        except Refusal as refusal:
            return [refused(refusal)]

    def take(self, message: Any) -> Callable[[], list[Message]]:
        """Note what a ``take`` asks for; what is returned makes the answer, without the training.

        It may take seconds, during which the conversation can hear other messages.
        """
        try:
            if self._run is None:
                return lambda: self.hear(message)  # which says what is missing
            what, language = message.get("what"), message.get("language")
            if not isinstance(what, str) or what not in MAKERS:
                raise _not_understood("what")
            if language not in LANGUAGES:
                raise _not_understood("language")
            theme = message.get("theme", "light")
            if theme not in THEMES:
                raise _not_understood("theme")
            make = order(self.run, what, language, theme)
        except Refusal as refusal:
            answer: list[Message] = [refused(refusal)]
            return lambda: answer

        def answers() -> list[Message]:
            try:
                file = make()
            except Refusal as refusal:
                return [refused(refusal)]
            content = {"type": "file", "what": what, "name": file.name, "mime": file.mime}
            return [(content, {"bytes": np.frombuffer(file.data, np.uint8)})]

        return answers

    def greet(self) -> list[Message]:
        """Return what a page is told that joins a training which goes on."""
        self._kept, self._shown = -1, None  # it has seen nothing yet
        return [(_welcome(), {}), self._told(self.run.problem)]

    def close(self) -> None:
        """End the training."""
        if self._run is not None:
            self._run.close()
            self._run = None

    @property
    def news(self) -> bool:
        """Whether there is something that was not shown yet."""
        return self._run is not None and self._shown != (self._runs, self._run.view.version)

    def look(self) -> None:
        """Ask for what is new; :attr:`news` tells when it is here."""
        if self._run is not None:
            self._run.look()

    @property
    def run(self) -> Run | RemoteRun:
        """The training that goes on."""
        if self._run is None:
            raise RuntimeError("there is no training before hello")
        return self._run

    def _hello(self, message: Mapping[str, Any]) -> list[Message]:
        given = message.get("setup")
        answers: list[Message] = [(_welcome(), {})]
        try:
            setup = Setup() if given is None else Setup.from_json(given)
            return [*answers, self._begin(make_problem(setup))]
        except Refusal as refusal:  # a page has to show something
            answers.append(refused(refusal))
            return answers if self._run else [*answers, self._begin(make_problem(Setup()))]

    def _setup(self, message: Mapping[str, Any]) -> list[Message]:
        setup, before = Setup.from_json(message.get("setup")), self.run.problem.setup
        problem = make_problem(setup)
        if _at_one_rate(setup) == _at_one_rate(before):
            self.run.retrain(problem)
            return []
        told, arrays = self._begin(problem)
        # Whoever asks twice in a row can tell which of the answers is to which.
        asked = message.get("asked")
        return [({**told, "asked": asked if isinstance(asked, int) else None}, arrays)]

    def _reseed(self, message: Mapping[str, Any]) -> list[Message]:
        setup = self.run.problem.setup
        training = replace(setup.training, seed=(setup.training.seed + 1) % 2**31)
        drawn = replace(setup, training=training, weights=None, frozen=())
        return [self._begin(make_problem(drawn))]

    def _point(self, message: Mapping[str, Any]) -> list[Message]:
        problem = self.run.problem
        placed = [message.get("x"), message.get("y"), message.get("label")]
        points = problem.setup.data.points
        if problem.setup.data.kind != "own":
            points = tuple(
                (float(x1), float(x2), int(label))
                for (x1, x2), label in zip(problem.points, problem.labels, strict=True)
            ) if problem.classes else ()  # fmt: skip
        data = {"kind": "own", "points": [*points, placed], "regression": False}
        given = problem.setup.to_json()
        given["data"] = {**given["data"], **data}
        setup = Setup.from_json(given)
        after = make_problem(replace(setup, weights=None, frozen=()))
        if after.net != problem.net:
            return [self._begin(after)]
        after = replace(after, setup=setup)
        self.run.retrain(after)
        return [self._told(after)]

    def _table(self, message: Mapping[str, Any]) -> list[Message]:
        text = message.get("text")
        chosen = [message.get(name) for name in ("x1", "x2", "target")]
        if not isinstance(text, str):
            raise _not_understood("text")
        if not all(name is None or isinstance(name, str) for name in chosen):
            raise _not_understood("x1, x2, target")
        data, choice = read_table(text, *chosen)
        before = self.run.problem.setup
        data = replace(data, test_share=before.data.test_share, seed=before.data.seed)
        # An output or a cost that was right for other data may be wrong for these.
        setup = replace(before, data=data, output=replace(before.output, activation="auto"))
        setup = replace(setup, training=replace(setup.training, cost="auto"))
        setup = replace(setup, weights=None, frozen=())  # they were of another network, or for it
        return [self._begin(make_problem(setup)), ({"type": "table", **asdict(choice)}, {})]

    def _weight(self, message: Mapping[str, Any]) -> list[Message]:
        layer, row, column = (
            choices.whole(-1, 1000)(name, message.get(name)) for name in ("layer", "row", "column")
        )
        value, frozen = message.get("value"), message.get("frozen")
        if value is not None:
            value = choices.number(-1e6, 1e6)("value", value)
        if frozen is not None and not isinstance(frozen, bool):
            raise _not_understood("frozen")
        index = parameter_index(self.run.problem, layer, row, column)
        self.run.set_parameter(index, value, frozen)
        return []

    def _speed(self, message: Mapping[str, Any]) -> list[Message]:
        pace = message.get("steps_per_second")
        self.run.pace(None if pace is None else choices.number(0.1, 1e6)("steps_per_second", pace))
        return []

    def _seek(self, message: Mapping[str, Any]) -> list[Message]:
        self.run.seek(choices.whole(0, 1_000_000)("index", message.get("index")))
        return []

    def _microscope(self, message: Mapping[str, Any]) -> list[Message]:
        view = self.run.settle()  # what was said before is to be seen
        widths, point = view.problem.net.topology[1:], message.get("point")
        if point is not None:
            point = choices.whole(0, len(view.problem.points) - 1)("point", point)
        layer = choices.whole(0, len(widths) - 1)("layer", message.get("layer"))
        unit = choices.whole(0, widths[layer] - 1)("unit", message.get("unit"))
        content, arrays = microscope.look(view, point, layer, unit)
        return [({"type": "microscope", "run": self._runs, **content}, arrays)]

    def _frame(self, message: Mapping[str, Any]) -> list[Message]:
        limits = choices.LIMITS
        resolution = choices.whole(2, limits["resolution"])(
            "resolution", message.get("resolution", 100)
        )
        neurons = choices.whole(2, limits["neuron_resolution"])(
            "neurons", message.get("neurons", 32)
        )
        view: View = self.run.view
        painter = self._paint()
        content, arrays = painter.frame(view, resolution, neurons)
        if view.kept != self._kept:
            self._kept = view.kept
            arrays["history"] = view.history
        self._shown = (self._runs, view.version)
        return [({"type": "frame", "run": self._runs, **_finite(content)}, arrays)]

    def _take(self, message: Mapping[str, Any]) -> list[Message]:
        return self.take(message)()

    def _command(self, message: Mapping[str, Any]) -> list[Message]:
        getattr(self.run, message["type"])()
        return []

    def _paint(self) -> Painter:
        """Return the painter of the problem in view, which other points may have changed."""
        problem = self.run.view.problem
        if self._painter is None or self._painter.problem is not problem:
            self._painter = Painter(problem)
        return self._painter

    def _begin(self, problem: Problem) -> Message:
        if self._run is None:
            self._run = self._trainer(problem, self._on_change)
        else:
            self._run.begin(problem)
        self._runs += 1
        return self._told(problem)

    def _told(self, problem: Problem) -> Message:
        """Return what the page has to know of a run before its first frame."""
        content: dict[str, Any] = {
            "type": "run",
            "run": self._runs,
            "setup": problem.setup.to_json(),
            "topology": list(problem.net.topology),
            "outputs": problem.net.n_out,
            "classes": problem.classes,
            "parameters": int(self.run.view.frozen.size),
            "extent": list(problem.limits),
            "output_activation": problem.net.output.name,
            "cost_name": type(problem.cost).__name__,
        }
        arrays: dict[str, Array] = {
            "points": problem.points.astype(np.float32),
            "labels": problem.labels.astype(np.float32),
            "test": problem.held_out.astype(np.uint8),
        }
        return content, arrays


def _welcome() -> dict[str, Any]:
    return {
        "type": "welcome",
        "version": __version__,
        "limits": choices.LIMITS,
        "catalog": {
            "activations": sorted(choices.OFFERED),
            "optimizers": sorted(OPTIMIZERS),
            "costs": list(choices.COSTS),
            "initializers": sorted(INITIALIZERS),
            "inputs": list(choices.INPUTS),
            "kinds": list(choices.KINDS),
        },
    }


def refused(refusal: Refusal) -> Message:
    """Return the message that says why something is not done."""
    content = {
        "type": "error",
        "code": refusal.code,
        "message": refusal.message,
        "field": refusal.field,
    }
    return content, {}


def _not_understood(what: str) -> Refusal:
    return Refusal(
        "message",
        f"This message makes no sense to neurona: {what}.",
        f"neurona no entiende este mensaje: {what}.",
    )


def _at_one_rate(setup: Setup) -> Setup:
    """Return the set-up with all rates alike: two that are equal then differ in rates alone."""
    return replace(
        setup,
        layers=tuple(replace(layer, learning_rate=None) for layer in setup.layers),
        output=replace(setup.output, learning_rate=None),
        training=replace(setup.training, learning_rate=1.0),
    )


def _finite(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with None where a number is none: JSON has no NaN."""
    return {
        key: None if isinstance(value, float) and not np.isfinite(value) else value
        for key, value in content.items()
    }


_ANSWERS: dict[str, Callable[[Conversation, Mapping[str, Any]], list[Message]]] = {
    "hello": Conversation._hello,
    "setup": Conversation._setup,
    "reseed": Conversation._reseed,
    "point": Conversation._point,
    "table": Conversation._table,
    "weight": Conversation._weight,
    "speed": Conversation._speed,
    "seek": Conversation._seek,
    "microscope": Conversation._microscope,
    "frame": Conversation._frame,
    "take": Conversation._take,
    "play": Conversation._command,
    "pause": Conversation._command,
    "step": Conversation._command,
    "reset": Conversation._command,
    "branch": Conversation._command,
}
