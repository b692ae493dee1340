"""How far a training has come, as a checkpoint holds it, or a whole fit of several trainings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from neurona.engine.data import Data
from neurona.engine.network import Network
from neurona.engine.state import State


class Position(NamedTuple):
    """Where a training stands, maybe between two of the states that it hands out.

    Attributes
    ----------
    state
        After the last step.
    costs
        Of the steps since the last state that was handed out.
    examples
        The latest batches of a stream, on which a batch normalization is calibrated.
    """

    state: State
    costs: Sequence[Any] = ()
    examples: Sequence[Data] = ()


class Part(NamedTuple):
    """A training, as far as it has come.

    Attributes
    ----------
    net
        Its network.
    position
        Where it stands.
    curves
        The numbers of each state that was handed out, where a fit has noted them.
    best, score
        The best state on the validation rows, and its score.
    over
        Whether it has ended.
    """

    net: Network
    position: Position
    curves: tuple[tuple[float, ...], ...] = ()
    best: State | None = None
    score: float = -float("inf")
    over: bool = False


class Progress:
    """The trainings of a run, one after the other: those before a checkpoint, and those since.

    Training number k of a run that goes on is number k of the run that was stopped: all that is
    drawn and chosen between them comes again. Those that had ended hand out their last state.

    Parameters
    ----------
    before
        Number k of the run that was stopped, made for a network.
    check
        Compares descriptions of data and settings, by name, with those of the run that was stopped.
    note
        Called when there is more to write.
    """

    def __init__(
        self,
        before: Sequence[Callable[[Network], Part]],
        check: Callable[[Mapping[str, str]], None],
        note: Callable[[], None],
    ) -> None:
        self.before = before
        self.check = check
        self.note = note
        self.parts: list[Part] = []
        self.curves: Sequence[Sequence[float]] = ()  # of the training that goes on; they grow
        self.best: Any = None  # keeps its best state
        self._next: Position | None = None

    def begin(
        self, net: Network, start: Callable[[Position | None], Any]
    ) -> tuple[Part | None, Iterator[State]]:
        """Begin a training, or go on with it; return what was there of it, and its states.

        ``start`` makes the training from a position; None where nothing is left of it.
        """
        k = len(self.parts)
        part = self.before[k](net) if k < len(self.before) else None
        self.curves, self.best = (), None
        position = None if part is None else part.position
        training = None if part is not None and part.over else start(position)
        if part is not None:
            self.parts.append(part)
        return part, self._states(net, training, position)

    def _states(self, net: Network, training: Any, position: Position | None) -> Iterator[State]:
        if training is None:
            assert position is not None
            yield position.state
            return
        k = len(self.parts) - (position is not None)

        def note(position: Position) -> None:
            if position.costs:  # between two states
                self.parts[k] = self.parts[k]._replace(position=position)
                self.note()
            else:
                self._next = position

        for state in training.states(position, note):
            if k == len(self.parts):
                self.parts.append(Part(net, Position(state)))
            yield state

    def handed_out(self) -> None:
        """Note that the last state has arrived: its curves are longer, the best state is known."""
        if self._next is not None:
            # A copy: the curves grow before the position does.
            curves = tuple(map(tuple, self.curves))
            best = {} if self.best is None else {"best": self.best.state, "score": self.best.score}
            self.parts[-1] = self.parts[-1]._replace(position=self._next, curves=curves, **best)
            self._next = None
        self.note()

    def over(self) -> None:
        """Note that the training has ended."""
        self.parts[-1] = self.parts[-1]._replace(over=True)
