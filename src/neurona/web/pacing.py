"""The number of steps that a training takes between two looks for commands."""

from __future__ import annotations

from dataclasses import dataclass

# A command waits for the end of a chunk, and so does a requested frame.
SECONDS = 0.002
SLOW = 0.03  # where what is measured after each chunk takes longer than that
MOST_STEPS = 4096
UNSEEN = 0.2  # seconds after which a slowed training goes on, even if nobody looks


@dataclass
class ChunkSize:
    """A number of steps that take about so many seconds.

    Examples
    --------
    >>> chunk = ChunkSize()
    >>> for seconds in [0.0005, 0.0008, 0.0015]:
    ...     chunk.took(seconds, chunk.steps)
    >>> chunk.steps  # too few two times, and then nearly enough
    4
    >>> chunk.took(0.02, 4)
    >>> chunk.steps
    2
    """

    steps: int = 1
    seconds: float = SECONDS

    def took(self, seconds: float, steps: int) -> None:
        """Adapt to the duration of the last chunk, which may have had fewer steps."""
        if seconds > 2 * self.seconds:
            self.steps = max(1, min(self.steps, steps) // 2)
        elif seconds < self.seconds / 2 and steps >= self.steps:
            self.steps = min(MOST_STEPS, self.steps * 2)


@dataclass
class Pace:
    """A limited speed: steps are due by the clock, and wait for somebody who looks.

    A step has its price beside its computation: it is published, kept, and measured. So the steps
    that nobody sees one by one are taken together.

    Parameters
    ----------
    rate
        Steps per second.
    since
        When the last steps were taken, by the clock.

    Examples
    --------
    >>> pace = Pace(rate=50, since=10.0)
    >>> pace.next()  # nobody looks
    10.2
    >>> pace.look()
    >>> pace.next()  # a step takes 0.02 seconds
    10.02
    >>> pace.due(10.1)  # the clock is somewhat late
    5
    >>> pace.took(5, 10.1)
    >>> round(pace.next(), 2)
    10.3
    """

    rate: float
    since: float
    looked: bool = False

    def look(self) -> None:
        """Let the next step come as soon as it is due."""
        self.looked = True

    def next(self) -> float:
        """Return when the next steps begin."""
        step = 1 / self.rate
        return self.since + (step if self.looked else max(step, UNSEEN))

    def due(self, now: float) -> int:
        """Return how many steps are due, at least one."""
        return max(1, round((now - self.since) * self.rate))

    def took(self, steps: int, now: float) -> None:
        """Go on after some steps; the clock does not wait for a machine that is too slow."""
        self.looked = False
        self.since = max(self.since + steps / self.rate, now - UNSEEN)
