"""The number of steps that a training takes between two looks for commands."""

from __future__ import annotations

from dataclasses import dataclass

# A command waits for the end of a chunk, and so does a requested frame.
SECONDS = 0.005
SLOW = 0.03  # where what is measured after each chunk takes longer than that
MOST_STEPS = 4096


@dataclass
class ChunkSize:
    """A number of steps that take about so many seconds.

    Examples
    --------
    >>> chunk = ChunkSize()
    >>> for seconds in [0.001, 0.002, 0.004]:
    ...     chunk.took(seconds)
    >>> chunk.steps  # too few two times, and then nearly enough
    4
    >>> chunk.took(0.02)
    >>> chunk.steps
    2
    """

    steps: int = 1
    seconds: float = SECONDS

    def took(self, seconds: float) -> None:
        """Adapt to the duration of the last chunk."""
        if seconds < self.seconds / 2:
            self.steps = min(MOST_STEPS, self.steps * 2)
        elif seconds > 2 * self.seconds:
            self.steps = max(1, self.steps // 2)

    def pace(self, steps_per_second: float) -> None:
        """Take the size for a limited speed: two chunks' time, since there is no hurry."""
        self.steps = max(1, min(MOST_STEPS, round(steps_per_second * 2 * SECONDS)))
