"""A training that several processes share: what they must agree in, and a part of each batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from neurona.engine.data import HELD, Data
from neurona.engine.fingerprint import digest, hashed, of_start, written
from neurona.engine.network import Network
from neurona.engine.processes import gathered, processes
from neurona.engine.randomness import Generators
from neurona.engine.streams import Stream, latest, together
from neurona.engine.types import Array

LONG = 200  # letters of a setting
MOST = 64  # batches that are read before the processes tell each other how long they are


def facts_of(
    net: Network,
    X: Any,
    y: Any,
    sample_weight: Any,
    generators: Generators,
    start: Any = None,
    **settings: Any,
) -> dict[str, Any]:
    """Return what must be the same in all processes, each fact in a few words.

    >>> from neurona.engine.network import network
    >>> facts = facts_of(network([2, 1]), np.ones((4, 2)), [0, 1, 0, 1], None, (), l2=0.1)
    >>> facts["network"], facts["y"], facts["l2"]
    ('Network((Dense(1, sigmoid, gain=1.0),), (2,))', '4 int64, d9c7dec36c35', '0.1')
    """
    examples = {"X": X, "y": y, "sample_weight": sample_weight}
    seeds = [rng.bit_generator.seed_seq for rng in generators]
    return {
        "network": _short(written(net)),
        **{name: _short(written(value)) for name, value in settings.items()},
        **{name: None if its is None else digest(its) for name, its in examples.items()},
        "start": None if start is None else _short(of_start(start)),
        "random seed": ", ".join(written(getattr(seed, "entropy", None)) for seed in seeds),
        "random generator": ", ".join(map(written, generators)),
    }


def _short(text: str) -> str:
    """Return a text of which a long end is only told apart."""
    return text if len(text) < LONG else f"{text[: LONG - 50]}… {hashed(text.encode())}"


class Parts(Stream):
    """Batches of which each process gives a part, and the batch of a step is all their parts.

    The parts of a step are filled up to one length with examples that weigh nothing. Where the pass
    of a process ends before that of another, its further parts are empty.
    """

    def __init__(
        self,
        net: Network,
        batches: Any,
        dtype: Any,
        generators: Generators = (),
        randomness: Any = None,
        rows: int = 0,
        size: int = 0,
    ) -> None:
        told = gathered(rows)
        rows = max(told) if all(told) else 0
        super().__init__(net, batches, dtype, generators, randomness, rows, size)

    def first(self) -> Data:
        """Return the first batch, all parts of it."""
        return self._whole([super().first()])[0]

    def examples(self, seen: Sequence[Data]) -> Data | None:
        """Return the latest examples that steps have seen, those of all processes."""
        return super().examples(self._whole(latest([*seen], processes())))

    def _whole(self, parts: Sequence[Data]) -> list[Data]:
        """Return whole batches, without what fills them up."""
        told = gathered([[*part] for part in parts])
        steps = [together([Data(*each[i]) for each in told]) for i in range(len(parts))]
        return [step.rows(np.flatnonzero(np.asarray(step.weight))) for step in steps]

    def _each(self, batches: Iterator[Any]) -> Iterator[tuple[Data, bool]]:
        """Yield this process's parts of a pass, and whether each is of the last batch."""
        a_row = (self.net.n_in + self.net.n_out) * np.dtype(self.dtype).itemsize
        at_once, following = 1, next(batches, None)
        while True:
            mine: list[Data] = []
            while following is not None and len(mine) < at_once:
                mine.append(self._checked(following, self._drawn + len(mine) + 1))
                following = next(batches, None)
            told = gathered({"rows": [part.n for part in mine], "over": following is None})
            is_over = all(its["over"] for its in told)
            rows = [its["rows"] for its in told]
            steps = max(map(len, rows))
            longest = [max(its[i] for its in rows if i < len(its)) for i in range(steps)]
            for i, n in enumerate(longest):
                part = mine[i] if i < len(mine) else self._nothing()
                yield part.filled(n), is_over and i == steps - 1
            if is_over:
                return
            at_once = min(MOST, max(1, HELD // (max(longest) * a_row)))

    def _nothing(self) -> Data:
        """Return the part of a process whose pass is over."""
        x: Array = np.empty((0, *self.net.in_shape), self.dtype)
        return Data(x, np.empty((0, self.net.n_out), self.dtype), np.empty(0, self.dtype))
