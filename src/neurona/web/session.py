"""The messages between a page and its training, over any connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeAlias

import numpy as np

from neurona import __version__
from neurona.engine.types import Array
from neurona.language import LANGUAGES
from neurona.web import bugs, cures, doctor, microscope, sweep
from neurona.web import setup as choices
from neurona.web.downloads import MAKERS, THEMES, prepare
from neurona.web.drawing import digit_of, strokes_of
from neurona.web.errors import PlaygroundError, no_answer
from neurona.web.examples import EXAMPLES, example
from neurona.web.flow import trivial
from neurona.web.frames import FrameRenderer
from neurona.web.maps import drawn_layers, maps_of, window
from neurona.web.mending import nearest
from neurona.web.readers import number, whole
from neurona.web.restarts import restart_of
from neurona.web.run import Memory, Run, View, parameter_index
from neurona.web.setup import Setup
from neurona.web.table import read_table
from neurona.web.task import Task, make_task
from neurona.web.undo import Moment, Past
from neurona.web.worker import WorkerRun

Message: TypeAlias = tuple[dict[str, Any], dict[str, Array]]

SLOW = ("download", "doctor")  # messages whose response may take seconds to make
# Tools that need points of the plane and dense layers.
OF_THE_PLANE = ("point", "erase", "weight", "bugs", "find_bug")
NEAR = 0.05  # of the plane's width: how far a point may be from where it is to be erased


class Session:
    """A page's session with its training.

    Parameters
    ----------
    on_change
        Called in the training's thread when there is something new to see.
    trainer
        Makes the run: in a thread, or :class:`neurona.web.worker.WorkerRun` in a process.
    key
        With it a page can join this session again after a reload, where the server keeps it.

    Examples
    --------
    >>> session = Session()
    >>> [content["type"] for content, _ in session.handle({"type": "hello", "setup": None})]
    ['welcome', 'run']
    >>> [content["type"] for content, _ in session.handle({"type": "frame"})]
    ['frame']
    >>> session.handle({"type": "fly"})[0][0]["code"]
    'message'
    >>> session.close()
    """

    def __init__(
        self,
        on_change: Callable[[], None] = lambda: None,
        trainer: Callable[[Task, Callable[[], None]], Run | WorkerRun] = Run,
        key: str | None = None,
    ) -> None:
        self.key = key
        self._on_change = on_change
        self._trainer = trainer
        self._run: Run | WorkerRun | None = None
        self._runs = 0
        self._shown: tuple[int, int] | None = None
        self._kept = -1
        self._painter: FrameRenderer | None = None
        self._past = Past(self._recall)
        self._drawing: Array | None = None  # what runs through a network on images, or
        self._index: int | None = None  # which of the examples; None is the first of the test

    def handle(self, message: Any) -> list[Message]:
        """Handle one message, and return the responses, which may be an error."""
        try:
            if not isinstance(message, Mapping):
                raise _not_understood("message")
            kind = message.get("type")
            if not isinstance(kind, str) or kind not in _HANDLERS:
                raise _not_understood("type")
            if self._run is None and kind != "hello":
                raise PlaygroundError("hello", "Say hello first.", "Saluda primero.")
            if kind in OF_THE_PLANE and not self.run.task.planar:
                raise _without_plane()
            return _HANDLERS[kind](self, message)
        except PlaygroundError as error:
            return [error_message(error)]
        except TimeoutError:
            return [error_message(no_answer("training"))]
        except RecursionError:  # lists within lists
            return [error_message(_not_understood("message"))]

    def prepare(self, message: Mapping[str, Any]) -> Callable[[], list[Message]]:
        """Capture the state for a message of :data:`SLOW`; return what makes the responses.

        That may take seconds, during which the session can handle other messages.
        """
        if self._run is None:
            return lambda: self.handle(message)  # which says what is missing
        if message["type"] == "doctor":
            return _later(lambda: doctor.prepare(self.run), self._of_run)
        what = message.get("what")

        def told(file: Any) -> Message:
            content = {"type": "file", "what": what, "name": file.name, "mime": file.mime}
            return content, {"bytes": np.frombuffer(file.data, np.uint8)}

        return _later(lambda: self._file(what, message), told)

    def prepare_cures(self) -> Callable[[Callable[[], bool]], list[Message]]:
        """Capture the run, and return a function that proves what cures it.

        It takes some 20 seconds, and a function that says whether to leave off.
        """
        return _later(lambda: cures.prepare(self.run), self._of_run)

    @property
    def _of_run(self) -> Callable[[dict[str, Any]], Message]:
        number = self._runs
        return lambda content: ({"run": number, **content}, {})

    def _file(self, what: Any, message: Mapping[str, Any]) -> Callable[[], Any]:
        """Return the maker of a file."""
        given = {"language": message.get("language"), "theme": message.get("theme", "light")}
        known = {"language": LANGUAGES, "theme": THEMES}
        if not isinstance(what, str) or what not in MAKERS:
            raise _not_understood("what")
        for name, value in given.items():
            if not isinstance(value, str) or value not in known[name]:
                raise _not_understood(name)
        return prepare(self.run, what, **given)

    @property
    def has_begun(self) -> bool:
        """Whether there is a training."""
        return self._run is not None

    def told(self) -> list[Message]:
        """Return the message of the current run, if there is one."""
        return [] if self._run is None else [self._told(self._run.task)]

    def greet(self) -> list[Message]:
        """Return the messages for a page that joins a running training."""
        self._kept, self._shown = -1, None  # it has seen nothing yet
        return [self._welcome(), self._told(self.run.task)]

    def close(self) -> None:
        """End the training."""
        if self._run is not None:
            self._run.close()
            self._run = None

    @property
    def news(self) -> bool:
        """Whether there is a view that was not shown yet."""
        return self._run is not None and self._shown != (self._runs, self._run.view.version)

    def look(self, crowd: float = 1.0) -> None:
        """Request a new view; :attr:`news` tells when it is here. See :meth:`WorkerRun.look`."""
        if self._run is not None:
            self._run.look(crowd)

    @property
    def trains(self) -> bool:
        """Whether the training goes on."""
        return self._run is not None and self._run.view.playing

    @property
    def run(self) -> Run | WorkerRun:
        """The current run."""
        if self._run is None:
            raise RuntimeError("there is no training before hello")
        return self._run

    def _hello(self, message: Mapping[str, Any]) -> list[Message]:
        """Begin with a set-up, or join the training that has it."""
        given, welcome = message.get("setup"), self._welcome()
        task, mended = nearest({} if given is None else given)
        if self._run is None:
            return [welcome, *mended, self._begin(task)]
        if given is None or task.setup == self.run.task.setup:
            return [*self.greet(), *mended]
        self._kept, self._shown = -1, None
        return [welcome, *mended, self._replace("setup", task)]

    def _setup(self, message: Mapping[str, Any]) -> list[Message]:
        mended: list[Message] = []
        if message.get("address"):  # the set-up of a link, or one that the page comes back to
            task, mended = nearest(message.get("setup"))
            if steps := self._past.find(task.setup):
                return [*mended, *self._travel(steps)]
        else:
            task = make_task(Setup.from_json(message.get("setup")))
        setup, before = task.setup, self.run.task.setup
        fresh = message.get("fresh") is True  # from step 0, whatever it is that differs
        if setup == before and not fresh:
            return mended
        if _at_one_rate(setup) == _at_one_rate(before) and not fresh:
            self._past.keep("setup", self.run.task, what="rate")
            self.run.retrain(task)
            return mended
        told, arrays = self._replace("setup", task)
        # With two requests in a row the page can tell their responses apart.
        asked = message.get("asked")
        told = {**told, "asked": asked if isinstance(asked, int) else None}
        return [*mended, (told, arrays)]

    def _reseed(self, message: Mapping[str, Any]) -> list[Message]:
        setup = self.run.task.setup
        training = replace(setup.training, seed=(setup.training.seed + 1) % 2**31)
        drawn = replace(setup, training=training, weights=None, frozen=())
        return [self._replace("reseed", make_task(drawn))]

    def _reset(self, message: Mapping[str, Any]) -> list[Message]:
        view = self.run.settle()
        if view.steered or view.state.step > 0 or view.snapshots > 1:
            self._past.keep("reset", self.run.task)
        self.run.reset()
        return []

    def _recall(self) -> Memory:
        return self.run.recall()

    def _travel(self, steps: int) -> list[Message]:
        """Undo so many changes, or redo them where it is below 0."""
        move, moment = self._past.undo if steps > 0 else self._past.redo, None
        for _ in range(abs(steps)):
            if (found := move(self.run.task)) is None:
                break
            moment = found
            self._return_to(moment)
        return [] if moment is None else [self._told(self.run.task)]

    def _return_to(self, moment: Moment) -> None:
        before, task = self.run.task.net, moment.task
        self.run.begin(task, replace(moment.memory, playing=False))
        if task.net != before:
            self._runs += 1

    def _point(self, message: Mapping[str, Any]) -> list[Message]:
        placed = [message.get("x"), message.get("y"), message.get("label")]
        points = _placed(self.run.task) if self.run.task.classes else []
        return self._learn("point", [*points, placed], regression=False)

    def _erase(self, message: Mapping[str, Any]) -> list[Message]:
        """Erase the nearest point."""
        task = self.run.task
        at = np.array([number(-1e3, 1e3).read(name, message.get(name)) for name in ("x", "y")])
        distances = np.hypot(*(task.points - at).T)
        nearest_one = int(distances.argmin())
        left, right, *_ = task.limits
        if distances[nearest_one] > NEAR * (right - left):
            raise PlaygroundError(
                "far",
                "There is no point here: erase nearer to one.",
                "Aquí no hay ningún punto: borra más cerca de uno.",
            )
        points = _placed(task)
        del points[nearest_one]
        return self._learn("erase", points, regression=task.classes == 0)

    def _learn(self, kind: str, points: list[Any], regression: bool) -> list[Message]:
        """Train on other points; a network that fits them goes on with its weights."""
        task = self.run.task
        data = {"kind": "own", "points": points, "regression": regression}
        given = task.setup.to_json()
        given["data"] = {**given["data"], **data}
        setup = Setup.from_json(given)
        after = make_task(replace(setup, weights=None, frozen=()))
        if after.net != task.net:
            return [self._replace(kind, after)]
        after = replace(after, setup=setup)
        self._past.keep(kind, task)
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
        before = self.run.task.setup
        data = replace(data, test_share=before.data.test_share, seed=before.data.seed)
        # An output or a cost that fitted other data may not fit these.
        setup = replace(before, data=data, output=replace(before.output, activation="auto"))
        setup = replace(setup, training=replace(setup.training, cost="auto"))
        setup = replace(setup, weights=None, frozen=())  # they belong to another network
        setup = replace(setup, layers=tuple(replace(one, kind="dense") for one in setup.layers))
        told = self._replace("table", make_task(setup))
        return [told, ({"type": "table", **asdict(choice)}, {})]

    def _weight(self, message: Mapping[str, Any]) -> list[Message]:
        layer, row, column = (
            whole(-1, 1000).read(name, message.get(name)) for name in ("layer", "row", "column")
        )
        value, frozen = message.get("value"), message.get("frozen")
        if value is not None:
            value = number(-1e6, 1e6).read("value", value)
        if frozen is not None and not isinstance(frozen, bool):
            raise _not_understood("frozen")
        index = parameter_index(self.run.task, layer, row, column)
        self._past.keep("weight", self.run.task, what=index)
        self.run.set_parameter(index, value, frozen)
        return []

    def _speed(self, message: Mapping[str, Any]) -> list[Message]:
        pace = message.get("steps_per_second")
        self.run.pace(None if pace is None else number(0.1, 1e6).read("steps_per_second", pace))
        return []

    def _play(self, message: Mapping[str, Any]) -> list[Message]:
        until = message.get("until")
        self.run.play(None if until is None else whole(1, 1_000_000).read("until", until))
        return []

    def _seek(self, message: Mapping[str, Any]) -> list[Message]:
        self.run.seek(whole(0, 1_000_000).read("index", message.get("index")))
        return []

    def _example(self, message: Mapping[str, Any]) -> list[Message]:
        """Show a drawing, or one of the images or series, in every layer."""
        task, strokes = self.run.task, message.get("strokes")
        if task.planar or (strokes is not None and not _drawable(task)):
            raise _not_shown()
        if strokes is None:
            last = len(task.points) - 1
            self._index, self._drawing = whole(0, last).read("index", message.get("index")), None
        elif read := strokes_of(strokes):
            self._drawing = digit_of(read)
        else:
            self._drawing = np.zeros(task.net.in_shape, np.float32)
        view = self.run.view
        shown = self._shown_of(view.task)
        if shown is None:  # the view is from before the task
            raise _not_shown()
        maps = maps_of(view.task, view.state.params, shown)
        return [({"type": "example", "run": self._runs, **self._whose(view.task)}, {"maps": maps})]

    def _window(self, message: Mapping[str, Any]) -> list[Message]:
        """Take one number of the shown example's way apart, or the derivative by one weight."""
        view = self.run.settle()
        shown = self._shown_of(view.task)
        if shown is None:
            raise _not_shown()
        content = window(view, shown, self._whose(view.task)["label"], message)
        return [({"type": "window", "run": self._runs, "step": view.state.step, **content}, {})]

    def _whose(self, task: Task) -> dict[str, Any]:
        """Return which example is shown, its class, and whether it is of the test."""
        if self._drawing is not None and _drawable(task):
            return {"index": None, "label": None, "of_test": False}
        tested = np.flatnonzero(task.held_out)
        index = self._index if self._index is not None else int(tested[0]) if tested.size else 0
        index = min(index, len(task.points) - 1)
        return {
            "index": index,
            "label": int(task.labels[index]),
            "of_test": bool(task.held_out[index]),
        }

    def _shown_of(self, task: Task) -> Array | None:
        """Return the image or series that is shown; None of points."""
        if task.planar:
            return None
        index = self._whose(task)["index"]
        return self._drawing if index is None else task.points[index]

    def _microscope(self, message: Mapping[str, Any]) -> list[Message]:
        view = self.run.settle()  # what was said before is to be seen
        widths, point = view.task.net.topology[1:], message.get("point")
        if point is not None:
            point = whole(0, len(view.task.points) - 1).read("point", point)
        layer = whole(0, len(widths) - 1).read("layer", message.get("layer"))
        unit = whole(0, widths[layer] - 1).read("unit", message.get("unit"))
        content, arrays = microscope.look(view, point, layer, unit)
        return [({"type": "microscope", "run": self._runs, **content}, arrays)]

    def _frame(self, message: Mapping[str, Any]) -> list[Message]:
        resolution = whole(2, choices.LIMITS["resolution"]).read(
            "resolution", message.get("resolution", 100)
        )
        neurons = whole(2, choices.LIMITS["neuron_resolution"]).read(
            "neurons", message.get("neurons", 32)
        )
        view: View = self.run.view
        # The network may be left out while it changes faster than it can be followed.
        network = message.get("network") is not False or not view.playing
        if message.get("coarse") is True and view.playing:
            resolution = max(2, 1 + 2 * (resolution - 1) // 3)
        painter = self._paint()
        painter.example = self._shown_of(view.task)
        content, arrays = painter.frame(view, resolution, neurons, network=network)
        if network and view.kept != self._kept:
            self._kept = view.kept
            arrays["history"], arrays["flows"] = view.history, view.flows
        self._shown = (self._runs, view.version)
        undo, redo = self._past.kinds
        content = {**content, "undo": undo, "redo": redo}
        if not view.task.planar:
            content["example"] = self._whose(view.task)
        return [({"type": "frame", "run": self._runs, **content}, arrays)]

    def _command(self, message: Mapping[str, Any]) -> list[Message]:
        getattr(self.run, message["type"])()
        return []

    def _paint(self) -> FrameRenderer:
        """Return the renderer of the viewed task, which other points may have changed."""
        task = self.run.view.task
        if self._painter is None or self._painter.task is not task:
            self._painter = FrameRenderer(task)
        return self._painter

    def _begin(self, task: Task) -> Message:
        if self._run is None:
            self._run = self._trainer(task, self._on_change)
        else:
            self._run.begin(task)
        self._runs += 1
        return self._told(task)

    def _replace(self, kind: str, task: Task) -> Message:
        """Begin another task, which can be undone; say what it was that began."""
        before, step = self.run.task, self.run.settle().state.step
        self._past.keep(kind, before)
        content, arrays = self._begin(task)
        why = restart_of(kind, before.setup, task.setup, step) if step else None
        return {**content, "restarted": bool(step), "why": why}, arrays

    def _welcome(self) -> Message:
        content = {
            "type": "welcome",
            "version": __version__,
            "defaults": Setup().to_json(),
            "examples": {name: example(name).to_json() for name in EXAMPLES},
            "limits": {**choices.limits(), "sweep": sweep.limits()},
            "session": self.key,
            "joined": self._run is not None,
        }
        return content, {}

    def _told(self, task: Task) -> Message:
        """Return a run's message, which comes before its first frame."""
        prediction, trivial_cost = trivial(task)
        content: dict[str, Any] = {
            "type": "run",
            "run": self._runs,
            "setup": task.setup.to_json(),
            "topology": list(task.widths),
            "outputs": task.net.n_out,
            "classes": task.classes,
            "parameters": int(self.run.view.frozen.size),
            "extent": list(task.limits),
            "output_activation": task.net.output.name,
            "cost_name": type(task.cost).__name__,
            "trivial": prediction,
            "trivial_cost": trivial_cost,
        }
        if not task.planar:
            content["layers"] = drawn_layers(task)
        # The page asks for one image or series at a time.
        points = task.points if task.planar else np.zeros((0, 2))
        arrays: dict[str, Array] = {
            "points": points.astype(np.float32),
            "labels": task.labels.astype(np.float32),
            "test": task.held_out.astype(np.uint8),
        }
        return content, arrays


def _later(
    capture: Callable[[], Callable[..., Any]], told: Callable[[Any], Message]
) -> Callable[..., list[Message]]:
    """Return a function that makes a response with what ``capture`` returns; or an error."""
    try:
        make = capture()
    except PlaygroundError as error:
        answer = error_message(error)
        return lambda *_: [answer]

    def answers(*given: Any) -> list[Message]:
        try:
            return [told(make(*given))]
        except PlaygroundError as error:
            return [error_message(error)]

    return answers


def error_message(error: PlaygroundError) -> Message:
    """Return the message of an error."""
    content = {
        "type": "error",
        "code": error.code,
        "message": error.message,
        "field": error.field,
    }
    return content, {}


def _not_understood(what: str) -> PlaygroundError:
    return PlaygroundError(
        "message",
        f"This message makes no sense to neurona: {what}.",
        f"neurona no entiende este mensaje: {what}.",
    )


def _without_plane() -> PlaygroundError:
    return PlaygroundError(
        "images",
        "This works with points of the plane: choose data that are neither images nor series.",
        "Esto funciona con puntos del plano: elige datos que no sean imágenes ni series.",
    )


def _not_shown() -> PlaygroundError:
    return PlaygroundError(
        "images",
        "These data have no such example to show: digits are drawn or chosen, series are chosen.",
        "Estos datos no tienen un ejemplo así que enseñar: los dígitos se dibujan o se eligen, y "
        "las series se eligen.",
    )


def _drawable(task: Task) -> bool:
    return task.setup.data.kind == "digits"


def _placed(task: Task) -> list[tuple[float, float, float]]:
    """Return the points of a task as custom ones."""
    kind = float if task.classes == 0 else int
    return [
        (float(x1), float(x2), kind(label))
        for (x1, x2), label in zip(task.points, task.labels, strict=True)
    ]


def _at_one_rate(setup: Setup) -> Setup:
    """Return the set-up with equal rates: if two are equal then, they differ in rates only."""
    return replace(
        setup,
        layers=tuple(replace(layer, learning_rate=None) for layer in setup.layers),
        output=replace(setup.output, learning_rate=None),
        training=replace(setup.training, learning_rate=1.0),
    )


_HANDLERS: dict[str, Callable[[Session, Mapping[str, Any]], list[Message]]] = {
    "hello": Session._hello,
    "setup": Session._setup,
    "reseed": Session._reseed,
    "reset": Session._reset,
    "undo": lambda session, _: session._travel(1),
    "redo": lambda session, _: session._travel(-1),
    "point": Session._point,
    "erase": Session._erase,
    "table": Session._table,
    "weight": Session._weight,
    "speed": Session._speed,
    "seek": Session._seek,
    "example": Session._example,
    "window": Session._window,
    "microscope": Session._microscope,
    "bugs": lambda session, _: [session._of_run({"type": "bugs", **bugs.lab(session.run.task)})],
    "find_bug": lambda session, _: [
        session._of_run({"type": "bug", **bugs.find(session.run.task)})
    ],
    "sweep_cell": lambda _, message: [
        ({"type": "sweep_cell", "setup": sweep.setup_from(message).to_json()}, {})
    ],
    "frame": Session._frame,
    "download": lambda session, message: session.prepare(message)(),
    "doctor": lambda session, message: session.prepare(message)(),
    "cures": lambda session, _: session.prepare_cures()(lambda: False),
    "play": Session._play,
    "pause": Session._command,
    "step": Session._command,
    "branch": Session._command,
}
