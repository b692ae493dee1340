"""How many steps a training takes before it looks whether there is a command."""

from __future__ import annotations

from dataclasses import dataclass

# A command is obeyed after one chunk, and a picture that is asked for waits for its end.
SECONDS = 0.005
MOST_STEPS = 4096
SURE = 6  # chunks in a row that took too long, or not long enough, before their size is changed


@dataclass
class Chunk:
    """A number of steps that take about :data:`SECONDS`.

    Another size is another iterator of the engine, which takes as long as several steps: on a busy
    machine one slow chunk is no reason for it. From the first step on, though, the size has to grow
    quickly.

    Examples
    --------
    >>> chunk = Chunk()
    >>> for seconds in [0.0001, 0.0002, 0.0004, 0.0008]:
    ...     chunk.took(seconds)
    >>> chunk.steps  # too few by far three times, and then nearly enough
    8
    >>> chunk.took(0.02)  # once
    >>> chunk.steps
    8
    >>> for _ in range(SURE):
    ...     chunk.took(0.02)
    >>> chunk.steps
    4
    """

    steps: int = 1
    amiss: int = 0  # so many in a row were too short, or, below 0, too long

    def took(self, seconds: float) -> None:
        """Learn how long the last chunk took."""
        if seconds > 2 * SECONDS:
            self.amiss = min(self.amiss, 0) - 1
        elif seconds < SECONDS / 2:
            self.amiss = max(self.amiss, 0) + 1
        else:
            self.amiss = 0
        if self.amiss >= SURE or seconds < SECONDS / 8:
            self.steps, self.amiss = min(MOST_STEPS, 2 * self.steps), 0
        elif self.amiss <= -SURE:
            self.steps, self.amiss = max(1, self.steps // 2), 0

    def pace(self, steps_per_second: float) -> None:
        """Have the size that a pace asks for."""
        self.steps = max(1, min(MOST_STEPS, round(steps_per_second * 2 * SECONDS)))
