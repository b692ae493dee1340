"""Layers that give as many numbers as they take."""

from __future__ import annotations

from dataclasses import dataclass

from neurona.checks import check_count


@dataclass(frozen=True)
class SameWidth:
    """A layer of width ``n``, on both sides."""

    n: int

    def __post_init__(self) -> None:
        check_count("n", self.n)

    @property
    def n_in(self) -> int:
        """Columns of the input."""
        return self.n

    @property
    def n_out(self) -> int:
        """Columns of the output."""
        return self.n
