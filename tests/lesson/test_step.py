"""The lesson's step as an optimizer: the lesson's own program, on the engine."""

import numpy as np
import pytest

import neurona
from neurona import tutorial
from neurona.lesson import cure
from neurona.lesson.step import LessonStep


@pytest.mark.parametrize("n", [8, 50, 333])
def test_it_takes_the_programs_steps_at_every_number_of_points(n):
    X, Y = cure.circles(0, n)
    program = cure.lesson_network((2, 4, 3, 1), seed=4)
    start = tuple((layer.W, layer.b[0]) for layer in program)
    net = neurona.network([2, 4, 3, 1], "sigmoid")
    for _ in range(30):
        tutorial.train(program, X, Y, tutorial.l2_cost, lr=0.05)
    *_, state = neurona.train(
        net, X, Y, cost="mse", optimizer=LessonStep(0.05, net, n), steps=30, start=start,
        dtype=np.float64,
    )  # fmt: skip
    for layer, (W, b) in zip(program, state.params, strict=True):
        np.testing.assert_allclose(layer.W, W, rtol=1e-9)
        np.testing.assert_allclose(layer.b[0], b, rtol=1e-9)


def test_several_outputs_and_a_rate_per_layer():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(25, 2)), rng.random((25, 3))
    program = cure.lesson_network((2, 3), seed=1) + cure.lesson_network((3, 3), seed=2)
    start = tuple((layer.W, layer.b[0]) for layer in program)
    net = neurona.network([2, 3, 3], "sigmoid")
    at = [
        [*neurona.train(
            net, X, Y, cost="mse", optimizer=LessonStep(rates, net, 25), steps=1, start=start,
            dtype=np.float64,
        )][-1].params
        for rates in (0.01, [0.01, 0.03])
    ]  # fmt: skip
    tutorial.train(program, X, Y, tutorial.l2_cost, lr=0.01)
    np.testing.assert_allclose(program[0].W, at[0][0].W, rtol=1e-9)
    np.testing.assert_allclose(program[1].b[0], at[0][1].b, rtol=1e-9)
    np.testing.assert_array_equal(at[1][0].W, at[0][0].W)
    np.testing.assert_allclose(at[1][1].W - start[1][0], 3 * (at[0][1].W - start[1][0]))


# The examples of the page


@pytest.mark.parametrize("lesson", [True, False], ids=["lesson", "true gradient"])
def test_the_draw_of_the_examples_fails_and_one_change_cures_it(lesson):
    rate = cure.LESSON_RATE if lesson else cure.TRUE_RATE
    last = {}
    for weights in cure.WEIGHTS:
        *_, state = cure.training(weights, cure.DRAW, rate=rate, lesson=lesson)[1]
        last[weights] = state.cost
    assert last.pop("uniform") == pytest.approx(0.25, abs=1e-3)
    assert max(last.values()) < cure.BELOW
