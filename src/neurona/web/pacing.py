"""How many steps a training takes before it looks whether there is a command."""

from __future__ import annotations

from dataclasses import dataclass

# A command is obeyed after one chunk, and a picture that is asked for waits for its end.
SECONDS = 0.005
MOST_STEPS = 4096


@dataclass
class ChunkSize:
    """A number of steps that take about :data:`SECONDS`.

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

    def took(self, seconds: float) -> None:
        """Learn how long the last chunk took."""
        if seconds < SECONDS / 2:
            self.steps = min(MOST_STEPS, self.steps * 2)
        elif seconds > 2 * SECONDS:
            self.steps = max(1, self.steps // 2)

    def pace(self, steps_per_second: float) -> None:
        """Have the size that a pace asks for: two chunks' time, for a pace needs no hurry."""
        self.steps = max(1, min(MOST_STEPS, round(steps_per_second * 2 * SECONDS)))
