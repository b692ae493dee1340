"""A training that survives its process: it writes where it stands, and goes on from there.

The checkpoint is a *safetensors* file, as a model is. It holds the state of the training in
progress and the last states of those that a fit has finished, what the optimizer remembers, where
in its random numbers each stands, and, in between two states, the costs that the next one is the
mean of. Data, settings and code are not in it: they are given again, and fingerprints tell whether
they are the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from math import ceil
from operator import is_
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import __version__
from neurona.checks import check_count
from neurona.engine import processes
from neurona.engine.data import Data, networks_of
from neurona.engine.fingerprint import digest, of_start, written
from neurona.engine.network import Network
from neurona.engine.parameters import arrays as arrays_of
from neurona.engine.progress import Part, Position, Progress
from neurona.engine.state import State
from neurona.engine.training import begun
from neurona.extras import require
from neurona.files.codec import Misfit
from neurona.files.network import FORMAT, changed
from neurona.files.state import described, state_of
from neurona.files.storage import DESCRIPTION, ModelFileError, opened, packed, read_all
from neurona.saving import check_replaceable
from neurona.saving import replace as replaced

if TYPE_CHECKING:
    import os

    from neurona.engine.training import Training

__all__ = ["resumable"]

SECONDS = 60.0  # between two checkpoints
SHOWN = 70  # characters of a setting in a message


def resumable(
    file: str | os.PathLike[str],
    model: Any,
    X: Any = None,
    y: Any = None,
    *,
    seconds: float = SECONDS,
    **settings: Any,
) -> Iterator[State]:
    """Train as :func:`neurona.train` does, and survive a killed process: an iterator of states.

    It begins anew where there is no such file, or goes on from the file, which is written every
    ``seconds``, at the end, when the loop is left, and at Ctrl-C. Started again with the same data
    and settings, it ends with the same numbers, to the last digit, as if it had never stopped. The
    file is replaced as a whole: at every moment the old one is there or the new one. Each of
    several processes that train together calls this; the first one reads and writes the file.

    Parameters
    ----------
    file
        Of the checkpoint; its name usually ends in ``.safetensors``.
    model
        A network; or a :class:`~neurona.NeuralNetClassifier` or
        :class:`~neurona.NeuralNetRegressor` with a ``random_state``, whose fit goes on.
    X, y
        As for :func:`neurona.train`, or for ``fit``.
    seconds
        Between two checkpoints, at least.
    settings
        Those of :func:`neurona.train`, of which ``steps`` or ``epochs`` must be given: those of the
        whole training, and not what is left of it. ``batches`` must come in the same order again
        in each pass. For an estimator those of its ``iter_fit``.

    Yields
    ------
    State
        The first is the one to begin with, or the one of the file; then as from
        :func:`neurona.train`, or as from ``iter_fit``, after which the estimator is fitted.

    Raises
    ------
    ValueError
        At the call, if anything given does not fit, or the checkpoint is that of another network,
        of other data or of other settings; the message names what differs.
    ModelFileError
        If the file is damaged, or not a checkpoint.
    OSError
        If it cannot be written; in mid-run, on a full disk say, the old checkpoint stays whole.
    MissingExtra
        If safetensors is not installed.

    Examples
    --------
    >>> import neurona, tempfile
    >>> net, X, y = neurona.network([1, 3, 1], "tanh", output="linear"), [[0], [1], [2]], [1, 3, 2]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = f"{folder}/run.safetensors", net, X, y
    ...     for state in neurona.resumable(*run, steps=40, rng=0):
    ...         if state.step == 15:
    ...             break  # or a killed process
    ...     print([state.step for state in neurona.resumable(*run, steps=40, rng=0, every=10)])
    [15, 25, 35, 40]
    """
    require("safetensors", extra="files")  # now, and not after a minute
    is_network = isinstance(model, Network)
    if not (is_network or hasattr(model, "iter_fit")):
        raise ValueError(
            f"cannot train a {type(model).__name__}: give a network, or a NeuralNetClassifier or "
            "NeuralNetRegressor"
        )
    shared = _is_shared(settings.get("devices") if is_network else model.devices)
    with processes.staying() if shared else nullcontext():
        checkpoint = Checkpoint(Path(file), seconds, shared)
        begin = _of_network if is_network else _of_estimator
        return checkpoint.states(begin(checkpoint, model, X, y, **settings))


def _is_shared(devices: Any) -> bool:
    """Tell whether devices are those of several processes."""
    if processes.processes() == 1 or devices is None:
        return False
    own = processes.process_id()
    return isinstance(devices, str | int) or any(one.process_index != own for one in devices)


def _of_network(
    checkpoint: Checkpoint,
    net: Network,
    X: Any,
    y: Any,
    *,
    steps: float | None = None,
    epochs: int | None = None,
    **settings: Any,
) -> Iterator[State]:
    """Return the states of one training."""
    if (steps is None) == (epochs is None):
        raise ValueError("give steps or epochs, those of the whole training")
    batches, start = settings.get("batches"), settings.pop("start", None)
    if hasattr(batches, "__next__"):
        raise ValueError(
            "batches is an iterator, which can be gone through once: give a function that makes "
            "it, or a list, so that a training that goes on finds its batches again"
        )
    checkpoint.check(_described(net, X, y, start, settings))
    done = (start.step, start.epoch) if isinstance(start, State) else (0, 0)

    def begin(position: Position | None) -> Training | None:
        if position is None:
            return begun(net, X, y, steps=steps, epochs=epochs, start=start, **settings)
        own = {name: one for name, one in settings.items() if name not in ("rng", "seeds")}
        state = position.state
        if epochs is not None and batches is not None:  # nobody knows how many steps they are
            left = check_count("epochs", epochs) - (state.epoch - done[1])
        else:
            left = _total(steps, epochs, state) - (state.step - done[0])
        if left < 0:
            raise ValueError(
                f"{checkpoint.path} stands at step {state.step}, and fewer steps are asked for: "
                "give as many as before, or more"
            )
        what = "steps" if epochs is None or batches is None else "epochs"
        return begun(net, X, y, start=state, **{what: left}, **own) if left else None

    return checkpoint.progress.begin(net, begin)[1]


def _total(steps: float | None, epochs: Any, state: State) -> float:
    """Return the steps of the whole training, whose data are rows where epochs are given."""
    if steps is not None:
        total: float = check_count("steps", steps, unlimited=True)
        return total
    assert state.randomness is not None
    steps_an_epoch = ceil(state.randomness.rows / state.randomness.size)
    return int(check_count("epochs", epochs)) * steps_an_epoch


def _described(
    net: Network, X: Any, y: Any, start: Any, settings: Mapping[str, Any]
) -> dict[str, str]:
    """Return texts by which data and settings are known again."""
    texts = {f"layer {i}": written(layer) for i, layer in enumerate(net.layers, start=1)}
    texts["the network's input"] = written(net.in_shape)
    for name, value in {"X": X, "y": y, "sample_weight": settings.get("sample_weight")}.items():
        if value is not None:
            texts[name] = digest(value)
    if start is not None:
        texts["start"] = of_start(start)
    batches = settings.get("batches")
    if batches is not None:
        texts["batches"] = type(batches).__name__
        with suppress(TypeError, KeyError):  # a function or a loader is not asked: it may take long
            texts["batches"] = f"{len(batches)}, {', '.join(map(digest, batches[0]))}"
    known = {"X", "y", "sample_weight", "batches", "every"}
    return texts | {name: written(one) for name, one in settings.items() if name not in known}


def _of_estimator(
    checkpoint: Checkpoint,
    model: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    X_val: Any = None,
    y_val: Any = None,
    sample_weight_val: Any = None,
) -> Iterator[State]:
    """Return the states of a fit."""
    from neurona.estimators.validation import validation_rows

    if model.random_state is None:
        raise ValueError(
            "random_state is None: give a number, so that a fit that goes on draws the same again"
        )
    if model.warm_start and hasattr(model, "state_"):
        raise ValueError("warm_start goes on with a fit that a file does not hold: give a clone")
    validation = validation_rows(None, X_val, y_val, sample_weight_val)
    states: Iterator[State] = model._states(
        X, y, sample_weight, validation, watched=False, progress=checkpoint.progress
    )
    return states


class Checkpoint:
    """A file, and the progress that goes into it.

    Parameters
    ----------
    path
        Of the file, which is read if it is there.
    seconds
        Between two times that it is written.
    shared
        Whether several processes train together, of which the first has the file.
    """

    def __init__(self, path: Path, seconds: float, shared: bool = False) -> None:
        if not seconds >= 0:
            raise ValueError(
                f"seconds is {seconds}: give those between two checkpoints, such as 60"
            )
        self.path = path
        self.seconds = seconds
        self.shared = shared
        self.is_first = not shared or processes.is_first()
        self.known: dict[str, str] | None = None  # of the run that was stopped
        self.described: dict[str, str] = {}
        self.time = time.monotonic()
        self.kept: list[Part] = []  # as the file holds them
        if self.is_first:
            if path.exists() and not path.is_file():
                raise ValueError(f"{path} is not a file: give a name for the checkpoint's file")
            try:
                check_replaceable(path)
            except OSError as error:
                text = f"{path} cannot be written ({error.strerror})"
                raise type(error)(error.errno, text) from error
        before = self._read_by_first() if shared else self._read(path) if path.exists() else []
        self.progress = Progress(before, self.check, self.note)

    def check(self, texts: Mapping[str, str]) -> None:
        """Compare what is given with what the file was written for.

        Raises
        ------
        ValueError
            If it is something else; the message names it.
        """
        self.described = {"the version of neurona": __version__, **texts}
        if self.shared:
            first, *others = processes.gathered(self.described)
            more = {f"{name} of process {k}": text for k, its in enumerate(others, start=1)
                    for name, text in its.items() if text != first.get(name)}  # fmt: skip
            self.described = {**first, "processes": str(processes.processes()), **more}
        if self.known is None:
            return
        told = []
        for name in {**self.known, **self.described}:
            was, now = (texts.get(name, "not given") for texts in (self.known, self.described))
            if was != now:
                was, now = (shorten(text, SHOWN, placeholder=" …") for text in (was, now))
                told.append(f"{name} was {was}, and is {now}")
        if told:
            error = processes.ProcessesDisagree if self.shared else ValueError  # all raise it
            raise error(
                f"{self.path} is the checkpoint of another training: {'; '.join(told)}. Give what "
                "was given then, or another file"
            )

    def states(self, running: Iterator[State]) -> Iterator[State]:
        """Yield the states, and write the file now and then, and at the end."""
        ended = False
        try:
            for state in running:
                self.progress.handed_out()
                yield state
            ended = True
        finally:
            if not ended:
                with suppress(AttributeError):  # then an estimator has its best weights
                    running.close()  # type: ignore[attr-defined]
            self.write()

    def note(self) -> None:
        """Write the file if it is time."""
        if time.monotonic() - self.time >= self.seconds:
            self.write()

    def write(self) -> None:
        """Write the file, if it would be another.

        Raises
        ------
        OSError
            If that fails; the old file is whole.
        """
        parts = self.progress.parts
        ahead = len(parts) < len(self.progress.before)  # the file has more
        same = len(parts) == len(self.kept) and all(map(is_, parts, self.kept))
        if ahead or same or not self.is_first:
            return
        there = f"; the checkpoint of step {self._step(self.kept)} is whole" if self.kept else ""
        self.kept, self.time = [*parts], time.monotonic()  # a second attempt would fail, too
        try:
            replaced(self.path, encoded(parts, self.described))
        except OSError as error:
            raise type(error)(
                error.errno,
                f"the checkpoint {self.path} cannot be written ({error.strerror}){there}: make "
                "room, and start the program again",
            ) from error

    @staticmethod
    def _step(parts: list[Part]) -> int:
        return parts[-1].position.state.step

    def _read_by_first(self) -> list[Any]:
        """Return what makes each part, from the file that the first process has."""
        there = self.is_first and self.path.exists()
        data = np.frombuffer(self.path.read_bytes(), np.uint8) if there else None
        data, *_ = processes.gathered(data)
        if data is None:
            return []
        with TemporaryDirectory() as folder:
            copy = Path(folder) / self.path.name
            copy.write_bytes(data.tobytes())
            return self._read(copy)

    def _read(self, path: Path) -> list[Any]:
        """Return what makes each part for its network."""
        with opened(path) as (file, metadata):
            try:
                given = json.loads(metadata[DESCRIPTION])
                content = given["checkpoint"]
                self.known = {str(name): str(text) for name, text in content["described"].items()}
                described = [dict(one) for one in content["parts"]]
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise ModelFileError(
                    f"{self.path} is a model's file, and not the checkpoint of a training: give "
                    "another name"
                ) from error
            arrays = read_all(path, file, metadata)

        def maker(k: int, one: dict[str, Any]) -> Any:
            own = {
                name.removeprefix(f"{k}."): array
                for name, array in arrays.items()
                if name.startswith(f"{k}.")
            }

            def made(net: Network) -> Part:
                try:
                    return _part(net, one, own)
                except (Misfit, KeyError, TypeError, ValueError, IndexError) as error:
                    raise ModelFileError(
                        f"{self.path} does not hold training {k + 1} of this network ({error})"
                    ) from error

            return made

        return [maker(k, one) for k, one in enumerate(described)]


def encoded(parts: list[Part], texts: Mapping[str, str]) -> bytes:
    """Return the bytes of a checkpoint."""
    arrays: dict[str, Any] = {}
    each = [
        _written(part, lambda name, one, k=k: arrays.__setitem__(f"{k}.{name}", np.asarray(one)))
        for k, part in enumerate(parts)
    ]
    content = {"described": dict(texts), "parts": each}
    text = json.dumps({"format": FORMAT, "version": __version__, "checkpoint": content})
    return packed(text, {name: arrays[name] for name in sorted(arrays)})


def _written(part: Part, put: Any) -> dict[str, Any]:
    """Return the description of a training; its arrays go to ``put(name, array)``."""
    net, position, curves, best, score, over = part
    state, costs, examples = position
    if costs:
        put("costs", np.array(costs))
    for k, name in enumerate(("x", "target", "weight")):
        if examples and all(one[k] is not None for one in examples):
            put(f"examples.{name}", np.concatenate([one[k] for one in examples]))
    return {
        "state": _state(net, state, "", put),
        "sizes": [one.n for one in examples],
        "curves": curves,
        "best": None if best is None else _state(net, best, "best.", put),
        "score": score,
        "over": over,
    }


def _state(net: Network, state: State, place: str, put: Any) -> dict[str, Any]:
    networks = networks_of(net, state.params)
    changed(state.params, lambda name, array: put(f"{place}{name}", array))
    if networks is not None:
        put(f"{place}cost", state.cost)
    dtype = np.result_type(*arrays_of(state.params))
    text = described(
        state, dtype, lambda name, array: put(f"{place}{name}", array), networks is None
    )
    return {**text, "networks": networks}


def _part(net: Network, given: Mapping[str, Any], arrays: Mapping[str, Any]) -> Part:
    """Return a training that was described."""
    ends = np.cumsum(given["sizes"])
    whole = [arrays.get(f"examples.{name}") for name in ("x", "target", "weight")]
    if given["sizes"] and (whole[0] is None or whole[1] is None):
        raise Misfit("the examples of its costs are not in it")
    examples = [
        Data(*(None if one is None else one[end - n : end] for one in whole))  # type: ignore[arg-type]
        for n, end in zip(given["sizes"], ends, strict=True)
    ]
    position = Position(
        _read_state(net, given["state"], arrays), tuple(arrays.get("costs", ())), examples
    )
    best = given["best"]
    if best is not None:
        own = {name.removeprefix("best."): one for name, one in arrays.items() if "best." in name}
        best = _read_state(net, best, own)
    curves = tuple(map(tuple, given["curves"]))
    return Part(net, position, curves, best, float(given["score"]), bool(given["over"]))


def _read_state(net: Network, given: Mapping[str, Any], arrays: Mapping[str, Any]) -> State:
    networks = given["networks"]
    params = changed(net.shapes(net.in_shape), lambda name, _: arrays[name])
    if networks_of(net, params) != networks:
        raise Misfit(f"its parameters are not those of {networks or 1} network(s)")
    return state_of(given, params, arrays, networks)
