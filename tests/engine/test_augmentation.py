"""Augmentation: what it makes of images, and that trainings with it repeat, go on and agree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import affine_transform

import neurona
from neurona import Augmentation, Conv2D, Flatten, network
from neurona.engine.parameters import flatten

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(23, 6, 6, 1)).astype(np.float32), RNG.integers(0, 3, 23)
NET = network([(6, 6, 1), Conv2D(2), Flatten(), 3], "relu", output="softmax")
AUGMENTED = {"augmentation": Augmentation(shift=1, rotation=20), "optimizer": neurona.adam(0.01)}


def last(**settings):
    *_, state = neurona.train(NET, **({"X": X, "y": Y, "rng": 1} | AUGMENTED | settings))
    return state


def test_it_is_scipys_affine_transform():
    x = RNG.random((3, 9, 12, 2))
    made = Augmentation(shift=2, rotation=30, zoom=0.25)(x, np.random.default_rng(5))
    rng, middle = np.random.default_rng(5), np.array([4.0, 5.5])
    angles = np.deg2rad(rng.uniform(-30, 30, 3))
    shifts = rng.uniform(-2, 2, (2, 3)).T
    smaller = 1.25 ** -rng.uniform(-1, 1, 3)
    for image, ours, angle, shift, z in zip(x, made, angles, shifts, smaller, strict=True):
        turn = z * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        offset = middle + shift - turn @ middle
        for channel in range(2):
            expected = affine_transform(image[..., channel], turn, offset, order=1, mode="nearest")
            np.testing.assert_allclose(ours[..., channel], expected, atol=1e-12)


def test_an_image_that_is_the_same_everywhere_stays_so_and_keeps_its_dtype():
    x = np.full((2, 4, 4, 1), 7, np.float32)
    made = Augmentation(3, 40)(x, RNG)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, x)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "needs a shift"),
        ({"shift": -1}, "shift is -1: give the most pixels"),
        ({"rotation": "much"}, "rotation is 'much': give the most degrees"),
        ({"rotation": np.inf}, "rotation is inf"),
        ({"zoom": None}, "zoom is None: give the most as a share"),
    ],
    ids=str,
)
def test_bad_parameters(given, says):
    with pytest.raises(ValueError, match=says):
        Augmentation(**given)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"augmentation": 3}, "augmentation is 3: give such as"),
        ({"augmentation": Augmentation}, "give such as"),
        ({"X": None, "y": None, "batches": [(X, Y)]}, "augment them where they are made"),
        ({"augmentation": lambda x, rng: x[1:]}, "as many examples of the same shape"),
    ],
    ids=["a number", "a class", "batches", "another shape"],
)
def test_bad_trainings(settings, says):
    with pytest.raises(ValueError, match=says):
        last(steps=1, **settings)


def test_rows_of_numbers_are_not_images():
    rows = network([36, 3], output="softmax")
    with pytest.raises(ValueError, match=r"takes images .*examples are of 36"):
        neurona.train(rows, X.reshape(23, -1), Y, **AUGMENTED)


@pytest.mark.parametrize("batch_size", [8, None], ids=["mini-batches", "all rows"])
def test_a_training_repeats_and_goes_on_as_without_a_stop(batch_size):
    whole = last(steps=10, batch_size=batch_size)
    again = last(steps=10, batch_size=batch_size)
    half = last(steps=5, batch_size=batch_size)
    gone_on = last(steps=5, batch_size=batch_size, start=half, rng=None)
    for other in (again, gone_on):
        np.testing.assert_array_equal(flatten(other.params), flatten(whole.params))
    other = last(steps=10, batch_size=batch_size, rng=2)
    assert (flatten(other.params) != flatten(whole.params)).any()
    plain = last(steps=10, batch_size=batch_size, augmentation=None)
    assert abs(flatten(plain.params) - flatten(whole.params)).max() > 1e-4


def test_each_batch_is_changed_anew_and_the_first_cost_is_of_the_images_as_they_are():
    seen = []

    def keep(x, rng):
        seen.append(x.copy())
        return x + rng.normal(size=x.shape).astype(x.dtype)

    states = [*neurona.train(NET, X, Y, steps=3, rng=1, augmentation=keep)]
    plain = [*neurona.train(NET, X, Y, steps=1, rng=1)]
    assert states[0].cost == plain[0].cost
    assert [len(x) for x in seen] == [23] * 3
    np.testing.assert_array_equal(np.sort(seen[0], axis=0), np.sort(X, axis=0))


@pytest.mark.parametrize("own", [False, True], ids=["shared", "own examples"])
def test_both_engines_take_the_same_steps_with_a_stack(own):
    pytest.importorskip("jax")
    data = {"X": np.stack([X, X[::-1]]), "y": np.stack([Y, Y[::-1]])} if own else {}
    settings = {"seeds": [1, 2], "rng": None, "batch_size": 8, "epochs": 2} | data
    one, other = (last(engine=engine, **settings) for engine in ("numpy", "jax"))
    np.testing.assert_allclose(one.cost, other.cost, rtol=1e-5)
    assert one.cost[0] != one.cost[1]
