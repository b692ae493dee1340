"""Several devices: a training on them is that on one, to rounding."""

import numpy as np
import pytest

import neurona
from neurona import train
from tests.support.processes import begin, ended, with_devices

jax = pytest.importorskip("jax")

NET = neurona.network([2, 4, 1], "tanh", output="sigmoid")
X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), [0, 1, 1, 0]

# 37 examples and 5 networks over 3 devices: something is filled up everywhere.
PROGRAM = """
import jax
import numpy as np
import neurona

jax.config.update("jax_enable_x64", True)
X, y = neurona.datasets.circles(n=37, rng=0)
weight = np.random.default_rng(0).random(37)
many = np.stack([X + 0.1 * k for k in range(5)])
images = np.random.default_rng(0).normal(size=(37, 6, 6, 1))
deep = neurona.network(
    "6x6x1, conv 4 same, batchnorm, pool 3 stride 2, reshape 4x4, lstm 3 both all mask, "
    "attention 2 causal, gru 3, 1", "tanh", output="sigmoid")
plain_deep = neurona.network(
    "6x6x1, conv 4 same, dropout 0.2, pool 3 stride 2, reshape 4x4, lstm 3 both all mask, "
    "attention 2 causal, gru 3, 1", "tanh", output="sigmoid")
parts = [(X[:10], y[:10]), (X[10:12], y[10:12]), (X[12:], y[12:], weight[12:])]
plain = neurona.network([2, 6, 1], "tanh", output="sigmoid")
noisy = neurona.network(
    [2, 6, 6, 1], "tanh", output="sigmoid", dropout=0.2, normalization="batch"
)
dropped = neurona.network([2, 6, 6, 1], "tanh", output="sigmoid", dropout=0.2)
CASES = {
    "whole": (plain, (X, y), dict(clip=0.1, l2=0.01)),
    "whole, noisy": (noisy, (X, y), dict(sample_weight=weight)),
    # Batches of 8 rows in 9 places; 36 rows would fill 9 places each without a rest.
    "mini-batches": (plain, (X[:36], y[:36]), dict(batch_size=8)),
    "mini-batches, noisy": (noisy, (X, y), dict(batch_size=10, sample_weight=weight)),
    "dropout": (dropped, (X, y), dict(batch_size=10, sample_weight=weight, l2=0.01)),
    "batches": (plain, (), dict(batches=parts, steps=None, epochs=4)),
    "batches, noisy": (noisy, (), dict(batches=parts, steps=None, epochs=4)),
    "layers": (deep, (images, y), dict(batch_size=10, sample_weight=weight)),
    "layers, one sum": (plain_deep, (images, y), dict(batch_size=10, sample_weight=weight)),
    "layers, stack": (deep, (images, y), dict(seeds=[1, 2, 3, 4, 5], batch_size=9, rng=None)),
    "stack": (noisy, (X, y), dict(seeds=[1, 2, 3, 4, 5], batch_size=9, rng=None)),
    "stack, rates": (plain, (X, y), dict(learning_rates=[0.1, 0.2, 0.3, 0.4, 0.5])),
    "stack, own data": (plain, (many, y), dict(seeds=[1, 2, 3, 4, 5], rng=None, batch_size=9)),
    "stack, batches": (plain, (), dict(
        batches=parts, seeds=[1, 2, 3, 4, 5], rng=None, steps=None, epochs=4)),
}
chosen, devices = sys.argv[1].split(";"), json.loads(sys.argv[2])
for name in chosen:
    net, data, given = CASES[name]
    given = dict(engine="jax", dtype=np.float64, steps=12, every=5, rng=0) | given
    given |= {"optimizer": neurona.adam(0.01) if net is plain else "momentum"}
    one, several = (list(neurona.train(net, *data, **given, devices=d)) for d in (None, devices))
    assert [s.step for s in one] == [s.step for s in several]
    tell(**{name: max(
        float(np.max(abs(np.asarray(p) - q)))
        for a, b in zip(one, several)
        for p, q in zip(jax.tree.leaves((a.params, a.optimizer_state, a.cost)),
                        jax.tree.leaves((b.params, b.optimizer_state, b.cost)), strict=True)
    )})
"""
SOON = ("whole, noisy", "mini-batches", "dropout", "stack")
LATER = (
    "layers", "layers, one sum", "layers, stack",
    "whole", "mini-batches, noisy", "batches", "batches, noisy",
    "stack, rates", "stack, own data", "stack, batches",
)  # fmt: skip


def differences(cases, devices, there=3):
    """Return how far a training on several devices is from that on one, of each case."""
    started = begin(PROGRAM, ";".join(cases), devices, **with_devices(there))
    [result] = ended([started], within=300)
    assert result.code == 0, result.err
    return result.told


def test_several_devices_train_as_one_does():
    found = differences(SOON, '"all"')
    assert {*found} == {*SOON}
    assert max(found.values()) < 1e-10, found


@pytest.mark.long
@pytest.mark.parametrize("devices", [1, 2, 3])
def test_any_number_of_devices_trains_as_one_does(devices):
    found = differences(SOON + LATER, devices)
    assert {*found} == {*SOON, *LATER}
    assert max(found.values()) < 1e-10, found


def test_one_device_is_a_number_of_devices_too():
    given = {"engine": "jax", "steps": 5, "rng": 0}
    alone, all_ = (
        list(train(NET, X, Y, **given, devices=devices))[-1]
        for devices in (None, jax.devices()[:1])
    )
    np.testing.assert_allclose(alone.params[0].W, all_.params[0].W, rtol=1e-6)


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        (0, "devices is 0: give 'all', how many"),
        (True, "devices is True: give"),
        ([], r"devices is \[\]: give"),
        ("gpus", "devices is 'gpus': give"),
        (["cpu"], "a list of JAX's devices"),
        (4096, "devices is 4096, and JAX has"),
    ],
)
def test_devices_that_are_not_there_are_refused_at_the_call(devices, words):
    with pytest.raises(ValueError, match=words):
        train(NET, X, Y, engine="jax", devices=devices)


def test_one_device_twice_is_refused():
    with pytest.raises(ValueError, match="each once"):
        train(NET, X, Y, engine="jax", devices=jax.devices()[:1] * 2)


def test_numpy_has_no_devices():
    with pytest.raises(ValueError, match=r"devices is 2, and engine='numpy' .* engine='jax'"):
        train(NET, X, Y, devices=2)


def test_an_accelerator_trains_as_a_processor_does():
    try:
        devices = jax.devices("gpu")
    except RuntimeError:
        pytest.skip("no accelerator is there")
    given = {"engine": "jax", "steps": 20, "every": 20, "rng": 0, "optimizer": "sgd"}
    *_, here = train(NET, X, Y, **given, devices=jax.devices("cpu")[:1])
    *_, there = train(NET, X, Y, **given, devices=devices)
    np.testing.assert_allclose(there.params[0].W, here.params[0].W, atol=1e-4)
