"""How many steps a training takes at once, and when the next ones are due."""

from __future__ import annotations

import pytest

from neurona.web.pacing import MOST_STEPS, UNSEEN, ChunkSize, Pace


@pytest.mark.parametrize(
    ("seconds", "steps", "then"),
    [
        (0.9, 8, 16),
        (1.0, 8, 8),  # half of the time is not less than half
        (0.9, 7, 8),  # a shorter chunk tells nothing of a whole one
        (4.0, 8, 8),
        (4.1, 8, 4),
        (4.1, 2, 1),
        (4.1, 1, 1),
    ],
)
def test_a_chunk_of_eight_steps_that_should_take_two_seconds(seconds, steps, then):
    chunk = ChunkSize(8, seconds=2.0)
    chunk.took(seconds, steps)
    assert chunk.steps == then


def test_a_chunk_has_so_many_steps_at_most():
    chunk = ChunkSize(MOST_STEPS)
    chunk.took(0.0, MOST_STEPS)
    assert chunk.steps == MOST_STEPS


def test_a_pace_does_not_catch_up_on_what_a_slow_machine_has_missed():
    pace = Pace(rate=10, since=0.0)
    pace.took(1, now=5.0)
    assert pace.since == 5.0 - UNSEEN
    assert pace.due(5.0) == 2


def test_who_looks_waits_for_one_step_and_looks_again_for_the_next():
    pace = Pace(rate=50, since=0.0)
    pace.look()
    assert pace.next() == 0.02
    pace.took(1, now=0.02)
    assert pace.next() == pytest.approx(0.02 + UNSEEN)
