"""How many threads of BLAS a fit takes, and that it gives them back."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from neurona import NeuralNetClassifier
from neurona.estimators import threads

X = np.random.default_rng(0).normal(size=(120, 6))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture
def count():
    """Let BLAS take two threads, and return what counts them."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    before = [library.num_threads for library in libraries]

    def put(numbers):
        for library, its in zip(libraries, numbers, strict=True):
            library.set_num_threads(its)
            getattr(library, "clear_controlling_thread", bool)()

    put([2] * len(libraries))
    if not all(library.num_threads == 2 for library in libraries):
        put(before)
        pytest.skip("this BLAS has no threads")
    yield lambda: {library.num_threads for library in libraries}
    put(before)


@pytest.mark.parametrize("networks", [1, 4])
@pytest.mark.parametrize("partial", [False, True])
def test_small_fit_takes_one_thread_and_its_caller_all(count, networks, partial):
    seen = []

    def rate(step):
        seen.append(count())
        return 0.01

    net = NeuralNetClassifier(
        8, networks=networks, quick=True, epochs=3, learning_rate=rate, random_state=0
    )
    if partial:
        net.partial_fit(X, Y, classes=[0, 1])
    else:
        for _ in net.iter_fit(X, Y):
            assert count() == {2}
    assert seen[-1] == {1}
    assert seen.count({2}) <= 1  # when the schedule is checked, before any step
    assert count() == {2}


def test_large_step_takes_all_threads(count, monkeypatch):
    monkeypatch.setattr(threads, "SMALL", 0)
    seen = []

    def rate(step):
        seen.append(count())
        return 0.01

    NeuralNetClassifier(8, networks=1, epochs=3, learning_rate=rate, random_state=0).fit(X, Y)
    assert seen
    assert all(one == {2} for one in seen)


def test_fits_in_threads_leave_no_limit_behind(count):
    def fit(seed):
        NeuralNetClassifier(8, quick=True, epochs=20, random_state=seed).fit(X, Y)

    running = [Thread(target=fit, args=(seed,)) for seed in range(4)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert count() == {2}
    with threads.OneThread():
        assert count() == {1}
    assert count() == {2}


def test_last_holder_lifts_the_limit(count):
    both = threads.OneThread()
    other = Thread(target=lambda: (both.__enter__(), both.__exit__()))
    with both:
        other.start()
        other.join()
        assert count() == {1}
    assert count() == {2}


def test_limit_is_lifted_after_a_failure(count):
    def rate(step):
        raise ArithmeticError

    net = NeuralNetClassifier(8, networks=1, epochs=3, learning_rate=rate, random_state=0)
    with pytest.raises(ArithmeticError):
        net.fit(X, Y)
    assert count() == {2}
