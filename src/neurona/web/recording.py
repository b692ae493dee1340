"""A training as the page would see it, recorded: its messages, for a page without a server.

A recording is made through the session's own messages, so the page needs no second engine and no
second reader. It has parts, which the page loads when it needs them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurona.engine.types import Array
from neurona.web.encoding import encoded
from neurona.web.errors import PlaygroundError
from neurona.web.session import Message, Session
from neurona.web.setup import Setup

RESOLUTION, NEURONS = 100, 20  # of the plane as on the page; of a neuron fewer points, to be small
LONG = 600.0  # seconds
OWN_OF_A_NEURON = ("differences", "gaps")  # all else of a step is the same for every neuron


@dataclass(frozen=True)
class Plan:
    """A training to be recorded.

    Attributes
    ----------
    name
        Its name, which is a file's too.
    setup
        The set-up.
    steps
        The recorded steps, growing from 0.
    dissected
        Those of them at which the microscope can be opened.
    points
        The points that the microscope takes apart, beside the whole batch.
    questions
        Types of further messages whose answers are kept, such as ``"doctor"``.
    """

    name: str
    setup: Setup
    steps: tuple[int, ...]
    dissected: tuple[int, ...] = ()
    points: tuple[int, ...] = ()
    questions: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Recording:
    """The parts of a recording by their names, each gzipped.

    ``head`` has the welcome, the run and the first frame; ``frames`` all frames, in order;
    ``microscope`` the steps taken apart; and each question's answer stands under its name, and as
    it was said in ``answers``.
    """

    plan: Plan
    parts: Mapping[str, bytes]
    answers: Mapping[str, Mapping[str, Any]]

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(len(part) for part in self.parts.values())


def growing_steps(last: int, count: int = 60, early: float = 0.5) -> tuple[int, ...]:
    """Return about so many steps from 0 to the last, a share of them close to the beginning.

    Examples
    --------
    >>> growing_steps(100, count=8)
    (0, 1, 3, 10, 25, 32, 50, 75, 100)
    """
    ahead = max(2, round(count * early))
    first = np.geomspace(1, max(1, last), ahead + 1)[:-1]
    even = np.linspace(0, last, count - ahead + 1)
    return tuple(int(step) for step in np.unique(np.round(np.concatenate([first, even]))))


def record(plan: Plan) -> Recording:
    """Train a set-up to its last step, and record what a page would be sent.

    Raises
    ------
    PlaygroundError
        If a part of the set-up does not fit another.
    """
    session = Session()
    try:
        head = _asked(session, {"type": "hello", "setup": plan.setup.to_json()})
        for before, step in zip(plan.steps, plan.steps[1:], strict=False):
            session.run.step(step - before)
            session.run.settle(LONG)
        frames = list(_frames(session, len(plan.steps)))
        parts = {"head": [*head, frames[0]], "frames": frames}
        if plan.dissected:
            parts["microscope"] = list(_dissections(session, plan))
        for kind in plan.questions:
            parts[kind] = _asked(session, {"type": kind})
        packed = {name: _packed(part) for name, part in parts.items()}
        return Recording(plan, packed, {kind: parts[kind][-1][0] for kind in plan.questions})
    finally:
        session.close()


def _asked(session: Session, message: Mapping[str, Any]) -> list[Message]:
    """Return the answers to a message, none of which may be an error."""
    answers = session.handle(message)
    for content, _ in answers:
        if content["type"] == "error":
            raise PlaygroundError("recording", content["message"]["en"], content["message"]["es"])
    return answers


def _frames(session: Session, count: int) -> Iterator[Message]:
    """Yield the frame of each snapshot; the first brings the history of all."""
    for index in range(count):
        _asked(session, {"type": "seek", "index": index})
        session.run.settle()
        request = {"type": "frame", "resolution": RESOLUTION, "neurons": NEURONS}
        yield _asked(session, request)[0]


def _dissections(session: Session, plan: Plan) -> Iterator[Message]:
    """Yield each dissected step: whole for one neuron, and only what differs for the others."""
    for index, step in enumerate(plan.steps):
        if step not in plan.dissected:
            continue
        _asked(session, {"type": "seek", "index": index})
        widths = session.run.settle().task.net.topology[1:]
        for point in (None, *plan.points):
            neurons = [(k, unit) for k, width in enumerate(widths) for unit in range(width)]
            for place, (layer, unit) in enumerate(neurons):
                request = {"type": "microscope", "point": point, "layer": layer, "unit": unit}
                ((content, arrays),) = _asked(session, request)
                if place:
                    content = {key: content[key] for key in ("type", "point", "layer", "unit")}
                    arrays = {name: arrays[name] for name in OWN_OF_A_NEURON}
                yield {**content, "at": index}, arrays


def _packed(messages: Iterable[tuple[Mapping[str, Any], Mapping[str, Array]]]) -> bytes:
    """Return messages one after the other, each after its length, gzipped."""
    parts: list[bytes] = []
    for content, arrays in messages:
        message = encoded(content, arrays)
        parts += [len(message).to_bytes(4, "little"), message]
    return gzip.compress(b"".join(parts), mtime=0)


def catalog(plans: Sequence[tuple[Plan, Mapping[str, Any], Sequence[str]]]) -> str:
    """Return the list of recordings as JSON: the name, the set-up and the parts of each."""
    return json.dumps(
        [{"name": plan.name, "setup": setup, "parts": list(parts)} for plan, setup, parts in plans],
        separators=(",", ":"),
    )
