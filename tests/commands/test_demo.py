"""The sentence that a demonstration's pictures end with."""

import numpy as np
import pytest

import neurona
from neurona.commands.demo import conclusion
from neurona.engine.state import State
from neurona.observe.film import Film

X = np.array([[-1.0], [1.0], [2.0], [3.0]])


def ended(net, weight, bias, y):
    film = Film(net, X, np.array(y))
    film.add(State(0, 0, [(np.array([[weight]]), np.array([bias]))], None, 0.1))
    return film


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "It gets 100.0 % of the points right; always the same class would get 75.0 %."),
        ("es", "Acierta el 100,0 % de los puntos; decir siempre la misma clase acierta el 75,0 %."),
    ],
)
def test_a_classification_is_compared_with_the_same_class_always(language, said):
    film = ended(neurona.network([1, 1]), 9.0, 0.0, [0, 1, 1, 1])
    assert conclusion(film, language) == said


def test_what_is_no_better_has_learned_nothing():
    film = ended(neurona.network([1, 1]), 0.0, 5.0, [0, 1, 1, 1])
    assert conclusion(film).startswith("It has learned nothing yet: ")
    assert "75.0 %" in conclusion(film)


def test_a_regression_is_compared_with_the_best_constant():
    film = ended(neurona.network([1, 1], "linear"), 1.0, 0.5, [-1.0, 1.0, 2.0, 3.0])
    assert conclusion(film).startswith("It explains 88.6 % of the variance;")
    worse = ended(neurona.network([1, 1], "linear"), -9.0, 0.0, [-1.0, 1.0, 2.0, 3.0])
    assert conclusion(worse).startswith("It explains 0.0 % of the variance;")
