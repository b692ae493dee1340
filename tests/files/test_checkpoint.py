"""A training that survives its process: it ends with the same numbers, to the last digit."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest

import neurona
from neurona import ModelFileError, network, resumable, saving
from neurona.engine import training
from neurona.engine.parameters import arrays, flatten
from neurona.engine.schedules import cosine
from neurona.engine.trees import each_of
from neurona.files import checkpoint, storage
from tests.support import forks
from tests.support.points import last

X = np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.float32)
NET = network([2, 6, 1], "tanh", output="sigmoid", dropout=0.3, normalization="batch")
PLAIN = network([2, 4, 1], "tanh", output="sigmoid")
SETTINGS = {"batch_size": 7, "steps": 60, "rng": 3, "optimizer": neurona.adam(cosine(0.05, 60))}
posix = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.safetensors"


def assert_same(state, other):
    """Check that two states are the same to the last bit, what they draw from included."""
    assert (state.step, state.epoch) == (other.step, other.epoch)
    for own, its in zip(arrays(state.params), arrays(other.params), strict=True):
        np.testing.assert_array_equal(own, its)
    each_of(np.testing.assert_array_equal, state.optimizer_state, other.optimizer_state)
    np.testing.assert_array_equal(state.cost, other.cost)
    assert state.randomness == other.randomness
    assert (state.optimizer, state.rows_seen) == (other.optimizer, other.rows_seen)


def stopped(path, after, *given, net=NET, **settings):
    """Train for some states, and leave as a killed process does: with the file of the moment."""
    states = resumable(path, net, *given, seconds=0, **settings)
    for _ in range(after):
        next(states)
    states.close()


def in_small_pieces(monkeypatch):
    """Let a training tell after each two steps where it stands."""
    monkeypatch.setattr(training, "AT_ONCE", 2)


def killed(path, done, *given, net=NET, **settings):
    """Train until so many steps are done, between two states too, and end without a good-bye."""
    written = neurona.files.checkpoint.replaced

    class Killed(BaseException):
        pass

    def replaced(path, data):
        written(path, data)
        _, state = read(path, net)
        if state.step >= done:
            raise Killed

    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        patch.setattr(neurona.files.checkpoint, "replaced", replaced)
        for _ in resumable(path, net, *given, seconds=0, **settings):
            pass


def read(path, net):
    part = neurona.files.checkpoint.Checkpoint(path, 1).progress.before[-1](net)
    return part, part.position.state


@pytest.fixture(params=["numpy", "jax"])
def engine(request):
    if request.param == "jax":
        pytest.importorskip("jax")
    return request.param


SETTINGS_OF = {
    "batches": {},
    "whole": {"batch_size": None},
    "every": {"every": 9},
    "epochs": {"epochs": 5, "steps": None},
    "weights": {"sample_weight": Y + 1},
}


@pytest.mark.parametrize(
    ("engine", "steps", "settings"),
    [
        pytest.param(
            engine, steps, settings, id=f"{engine}-{steps}-{name}",
            marks=pytest.mark.long if engine == "jax" and name not in ("whole", "every") else (),
        )
        for engine, steps in (("numpy", 1), ("numpy", 26), ("numpy", 41), ("jax", 26))
        for name, settings in SETTINGS_OF.items()
    ],
    indirect=["engine"],
)  # fmt: skip
def test_a_killed_training_ends_with_the_same_numbers(path, engine, settings, steps, monkeypatch):
    settings = {**SETTINGS, "engine": engine, **settings}
    whole = last(neurona.train(NET, X, Y, **settings))
    in_small_pieces(monkeypatch)
    killed(path, steps, X, Y, **settings)
    states = [*resumable(path, NET, X, Y, **settings)]
    assert states[0].step in (steps, steps + 1) or steps == 60
    assert_same(states[-1], whole)
    assert_same(last(resumable(path, NET, X, Y, **settings)), whole)  # which has ended


def test_a_checkpoint_is_written_whenever_so_many_seconds_are_over(path, monkeypatch):
    clock, written = [0.0], []
    monkeypatch.setattr(checkpoint, "time", SimpleNamespace(monotonic=lambda: clock[-1]))
    monkeypatch.setattr(checkpoint, "replaced", lambda *_: written.append(clock[-1]))
    states = resumable(path, PLAIN, X, Y, seconds=60, **SETTINGS)
    for second in (0.0, 59.0, 60.0, 61.0, 119.0, 120.0):
        clock.append(second)
        next(states)
    assert written == [60.0, 120.0]


def test_the_states_after_a_stop_are_those_without_one(path, monkeypatch):
    whole = [*neurona.train(NET, X, Y, **SETTINGS)]
    in_small_pieces(monkeypatch)
    killed(path, 18, X, Y, **SETTINGS)
    first, *states = resumable(path, NET, X, Y, **SETTINGS)
    assert first.step == 19  # after 5 of the 13 batches of an epoch: an even number of them and 13
    for own, its in zip(states, whole[2:], strict=True):
        assert_same(own, its)


@pytest.mark.parametrize("left", [{"steps": None, "epochs": 6}, {"steps": 50}], ids=str)
@pytest.mark.parametrize("steps", [18])
def test_batches_go_on_within_their_pass(path, engine, steps, left, monkeypatch):
    each = [(X[k : k + 9], Y[k : k + 9]) for k in range(0, 90, 9)]
    settings = {**SETTINGS, "batch_size": None, "engine": engine, **left}
    for batches in (each, lambda: iter(each)):
        own = {**settings, "batches": batches}
        whole = last(neurona.train(NET, **own))
        with monkeypatch.context() as patch:
            in_small_pieces(patch)
            path.unlink(missing_ok=True)
            killed(path, steps, **own)
            assert_same(last(resumable(path, NET, **own)), whole)


def test_epochs_of_batches_are_those_after_a_start(path):
    settings = {"batches": [(X[:45], Y[:45]), (X[45:], Y[45:])], "rng": 3}
    start = last(neurona.train(PLAIN, epochs=2, **settings))
    settings |= {"start": start, "epochs": 3}
    whole = last(neurona.train(PLAIN, **settings))
    assert whole.epoch == 5
    stopped(path, 2, net=PLAIN, **settings)
    assert_same(last(resumable(path, PLAIN, **settings)), whole)


def test_a_file_that_is_not_read_whole_goes_on(path, tmp_path, monkeypatch):
    from neurona.engine import batches

    monkeypatch.setattr(batches, "LARGE", 100)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    whole = last(neurona.train(NET, mapped, Y, **SETTINGS))
    in_small_pieces(monkeypatch)
    killed(path, 18, mapped, Y, **SETTINGS)
    assert_same(last(resumable(path, NET, mapped, Y, **SETTINGS)), whole)


@pytest.mark.parametrize(
    "stack",
    [{"seeds": [1, 2, 3], "rng": None}, {"learning_rates": [0.1, 0.01]}],
    ids=["seeds", "rates"],
)
def test_a_stack_goes_on(path, engine, stack, monkeypatch):
    settings = {**SETTINGS, "engine": engine, **stack}
    whole = last(neurona.train(NET, X, Y, **settings))
    in_small_pieces(monkeypatch)
    killed(path, 18, X, Y, **settings)
    assert_same(last(resumable(path, NET, X, Y, **settings)), whole)


def test_a_stack_goes_on_without_its_network_that_diverged(path):
    net = network([2, 4, 1], "relu", output="linear")
    settings = {"learning_rates": [1e30, 0.01], "steps": 30, "rng": 0, "optimizer": "sgd"}
    with np.errstate(all="ignore"):
        whole = last(neurona.train(net, X, Y, **settings))
        stopped(path, 20, X, Y, net=net, **settings)
        again = last(resumable(path, net, X, Y, **settings))
    assert not np.isfinite(whole.cost[0])
    assert not np.isfinite(again.cost[0])
    assert_same(again[1], whole[1])


def test_one_that_has_ended_may_be_asked_for_more(path):
    settings = {"batch_size": 7, "rng": 3}
    whole = last(neurona.train(NET, X, Y, steps=60, **settings))
    last(resumable(path, NET, X, Y, steps=30, **settings))
    more = last(resumable(path, NET, X, Y, steps=60, **settings))
    np.testing.assert_array_equal(flatten(more.params), flatten(whole.params))
    with pytest.raises(ValueError, match="stands at step 60, and fewer steps are asked for"):
        resumable(path, NET, X, Y, steps=50, **settings)


def test_a_start_and_a_generator_of_its_own(path):
    start = last(neurona.train(NET, X, Y, steps=10, rng=5))
    settings = {"steps": 30, "batch_size": 8}

    def given():
        return {**settings, "start": start, "rng": np.random.Generator(np.random.MT19937(4))}

    whole = last(neurona.train(NET, X, Y, **given()))
    stopped(path, 2, X, Y, **given())
    assert_same(last(resumable(path, NET, X, Y, **given())), whole)
    assert whole.step == 40


# Killed in earnest

PROGRAM = """
    import sys
    import numpy as np
    import neurona
    X = np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
    Y = (X[:, 0] * X[:, 1] > 0).astype(np.float32)
    net = neurona.network([2, 6, 1], "tanh", output="sigmoid", dropout=0.3, normalization="batch")
    states = neurona.resumable(
        sys.argv[1], net, X, Y, seconds=0, steps=2500, batch_size=7, rng=3,
        optimizer=neurona.adam(neurona.schedules.cosine(0.05, 2500)), engine=sys.argv[2],
    )
    for state in states:
        print(state.step, flush=True)
    np.save(sys.argv[3], state.params[0].W)
"""


@posix
def test_a_process_that_is_killed_goes_on(path, tmp_path):
    program, done = textwrap.dedent(PROGRAM), tmp_path / "W.npy"
    arguments = [sys.executable, "-c", program, path, "numpy", done]
    for most in (100, 400):
        with forks.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if int(line) >= most:
                    process.send_signal(signal.SIGKILL)
                    break
        assert process.returncode == -signal.SIGKILL
        assert not done.exists()
    run = forks.run(arguments, capture_output=True, text=True, check=True)
    assert int(run.stdout.split()[0]) >= 400
    settings = {**SETTINGS, "steps": 2500, "optimizer": neurona.adam(cosine(0.05, 2500))}
    whole = last(neurona.train(NET, X, Y, **settings))
    np.testing.assert_array_equal(np.load(done), whole.params[0].W)


def test_ctrl_c_writes_where_the_training_stands(path):
    def batches():
        for k in range(5):
            if k == 3 and interrupting:
                raise KeyboardInterrupt
            yield X[9 * k : 9 * k + 9], Y[9 * k : 9 * k + 9]

    interrupting = False
    settings = {"batches": batches, "steps": 10, "every": 1, "rng": 0}
    whole = last(neurona.train(NET, **settings))
    interrupting = True
    with pytest.raises(KeyboardInterrupt):
        last(resumable(path, NET, **settings))
    assert read(path, NET)[1].step > 0
    interrupting = False
    assert_same(last(resumable(path, NET, **settings)), whole)


# Things that are refused


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"net": network([2, 5, 1], "tanh", output="sigmoid")}, "layer 1 was Dense(4, tanh)"),
        ({"net": network([2, 4, 4, 1], "tanh", output="sigmoid")}, "layer 3 was not given"),
        ({"X": X + 1}, "X was 90 x 2 float32, "),
        ({"y": 1 - Y}, "y was 90 float32, "),
        ({"rng": 4}, "rng was 3, and is 4"),
        ({"batch_size": 8}, "batch_size was 7, and is 8"),
        ({"l2": 0.1}, "l2 was not given, and is 0.1"),
        ({"optimizer": "sgd"}, "optimizer was Adam("),
        ({"engine": "jax"}, "engine was not given, and is 'jax'"),
        ({"dtype": np.float64}, "dtype was not given, and is <class 'numpy.float64'>"),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_training_is_refused(path, other, told):
    stopped(path, 2, X, Y, net=PLAIN, **SETTINGS)
    before = path.read_bytes()
    other = dict(other)
    given = [other.pop("net", PLAIN), other.pop("X", X), other.pop("y", Y)]
    with pytest.raises(ValueError, match="is the checkpoint of another training") as caught:
        resumable(path, *given, **{**SETTINGS, **other})
    assert told in str(caught.value)
    assert "Give what was given then, or another file" in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("where", [50, 0.5, -100])
def test_a_damaged_file_is_refused(path, where):
    stopped(path, 2, X, Y, **SETTINGS)
    data = bytearray(path.read_bytes())
    place = where if isinstance(where, int) else int(len(data) * where)
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=str(path)):
        resumable(path, NET, X, Y, **SETTINGS)
    path.write_bytes(data[:-10])
    with pytest.raises(ModelFileError, match="was cut"):
        resumable(path, NET, X, Y, **SETTINGS)


def test_a_checkpoint_that_lacks_examples_is_refused(path):
    stopped(path, 2, X, Y, **SETTINGS)
    with storage.opened(path) as (file, metadata):
        described = json.loads(metadata[storage.DESCRIPTION])
        arrays = storage.read_all(path, file, metadata)
    described["checkpoint"]["parts"][-1]["sizes"] = [3]
    kept = {name: one for name, one in arrays.items() if "examples" not in name}
    path.write_bytes(storage.packed(json.dumps(described), kept))
    with pytest.raises(ModelFileError, match="the examples of its costs are not in it"):
        list(resumable(path, NET, X, Y, **SETTINGS))


def test_a_model_is_not_a_checkpoint_and_the_other_way_round(path):
    neurona.save(path, NET, NET.init(0))
    with pytest.raises(ModelFileError, match="is a model's file, and not the checkpoint"):
        resumable(path, NET, X, Y, **SETTINGS)
    path.unlink()
    stopped(path, 2, X, Y, **SETTINGS)
    with pytest.raises(ModelFileError, match="is the checkpoint of a training, and not a model"):
        neurona.load(path)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "give steps or epochs"),
        ({"steps": 3, "epochs": 3}, "give steps or epochs"),
        ({"steps": 3, "seconds": -1}, "seconds is -1"),
        ({"steps": 3, "batch_size": 0}, "batch_size is 0"),
    ],
    ids=str,
)
def test_wrong_settings_are_told_at_the_call(path, settings, told):
    with pytest.raises(ValueError, match=told):
        resumable(path, NET, X, Y, **settings)
    assert not path.exists()


def test_an_iterator_of_batches_is_refused(path):
    with pytest.raises(ValueError, match="give a function that makes it"):
        resumable(path, NET, batches=iter([(X, Y)]), steps=3)
    with pytest.raises(ValueError, match="cannot train a list"):
        resumable(path, [2, 4, 1], X, Y, steps=3)


def test_a_folder_that_is_not_there_is_told_at_the_call(tmp_path):
    with pytest.raises(OSError, match=r"run\.safetensors cannot be written \(No such file"):
        resumable(tmp_path / "none" / "run.safetensors", NET, X, Y, steps=3)


def test_a_full_disk_leaves_the_old_checkpoint_whole(path, monkeypatch):
    whole = last(neurona.train(NET, X, Y, **SETTINGS))
    states = resumable(path, NET, X, Y, seconds=0, **SETTINGS)
    next(states), next(states)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(saving.os, "fsync", full)
        with pytest.raises(OSError, match="No space left on device") as caught:
            last(states)
    assert caught.value.errno == errno.ENOSPC
    assert f"the checkpoint {path} cannot be written" in str(caught.value)
    assert "the checkpoint of step 13 is whole: make room" in str(caught.value)
    assert caught.value.__context__ is caught.value.__cause__  # one error, and not two
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert_same(last(resumable(path, NET, X, Y, **SETTINGS)), whole)


# Fits of an estimator

KINDS = np.where(Y > 0, "near", "far")
SMALL = {"hidden_layer_sizes": 6, "networks": 3}
FITS = [
    {"epochs": 4, "batch_size": 32},
    {"epochs": 12, "networks": 1, "quick": True, "early_stopping": True, "patience": 3},
    {"epochs": 12, "quick": True, "dropout": 0.2, "normalization": "batch", **SMALL},
    {"epochs": 4, "cv": 3, "hidden_layer_sizes": 6},
]


def fitted_alike(one, other):
    for name in ("loss_curve_", "validation_scores_", "validation_loss_curve_", "n_iter_"):
        assert getattr(one, name) == getattr(other, name), name
    assert (one.trials_, one.temperature_, one.loss_) == (
        other.trials_, other.temperature_, other.loss_,
    )  # fmt: skip
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("after", [1, 7])
@pytest.mark.parametrize("parameters", FITS, ids=str)
def test_a_fit_goes_on(path, parameters, after, monkeypatch):
    def net():
        return neurona.NeuralNetClassifier(random_state=0, **parameters)

    whole = net().fit(X, KINDS)
    in_small_pieces(monkeypatch)
    states = resumable(path, net(), X, KINDS, seconds=0)
    for _ in zip(range(after), states, strict=False):
        pass
    states.close()
    again = net()
    states = [*resumable(path, again, X, KINDS, seconds=0)]
    fitted_alike(again, whole)
    total = len([*net().iter_fit(X, KINDS)])
    assert len(states) <= total
    once_more = net()
    last(resumable(path, once_more, X, KINDS))  # which has ended
    fitted_alike(once_more, whole)


def test_a_fit_that_is_killed_at_any_time_goes_on(path, monkeypatch):
    """The file of each moment is kept, and a fit goes on from some of them."""
    written, files = neurona.files.checkpoint.replaced, []

    def kept(path, data):
        written(path, data)
        files.append(data)

    net = neurona.NeuralNetClassifier(epochs=5, batch_size=8, random_state=0, **SMALL)
    whole = net.fit(X, KINDS)
    in_small_pieces(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(neurona.files.checkpoint, "replaced", kept)
        last(resumable(path, neurona.NeuralNetClassifier(**net.get_params()), X, KINDS, seconds=0))
    assert len(files) > 50
    for data in files[:: len(files) // 7]:
        path.write_bytes(data)
        again = neurona.NeuralNetClassifier(**net.get_params())
        last(resumable(path, again, X, KINDS, seconds=60))
        fitted_alike(again, whole)


def test_a_fit_that_has_begun_anew_loses_nothing_of_its_file(path):
    def net():
        return neurona.NeuralNetClassifier(epochs=4, random_state=0, **SMALL)

    states = resumable(path, net(), X, KINDS, seconds=0)
    for _ in zip(range(12), states, strict=False):  # in the second setting
        pass
    states.close()
    before = path.read_bytes()
    states = resumable(path, net(), X, KINDS, seconds=0)
    next(states)
    states.close()  # in the first one
    assert path.read_bytes() == before


@pytest.mark.parametrize("rate", [0.7, 1.0])
def test_a_setting_that_diverges_does_so_again(path, rate):
    def net():
        given = {"optimizer": "sgd", "learning_rate": rate, "networks": 3}
        return neurona.NeuralNetRegressor(epochs=6, random_state=0, **given)

    x, y = X * 3, X[:, 0] ** 3 * 20
    whole = net().fit(x, y)
    assert np.inf in [one.cost for one in whole.trials_]
    for after in (3, 12, 24, 31):
        path.unlink(missing_ok=True)
        states = resumable(path, net(), x, y, seconds=0)
        for _ in zip(range(after), states, strict=False):
            pass
        states.close()
        for _ in range(2):
            again = net()
            last(resumable(path, again, x, y))
            assert again.trials_ == whole.trials_
            np.testing.assert_array_equal(again.predict(x), whole.predict(x))


def test_a_large_table_goes_on(path, monkeypatch):
    from neurona.tables import large

    monkeypatch.setattr(large, "LARGE", 100)

    def net():
        return neurona.NeuralNetClassifier(
            epochs=6, batch_size=16, normalization="batch", dropout=0.2, random_state=0
        )

    whole = net().fit(X, KINDS)
    in_small_pieces(monkeypatch)
    for after in (1, 4):
        path.unlink(missing_ok=True)
        states = resumable(path, net(), X, KINDS, seconds=0)
        for _ in zip(range(after), states, strict=False):
            pass
        states.close()
        again = net()
        last(resumable(path, again, X, KINDS))
        fitted_alike(again, whole)


def test_a_fit_of_other_data_or_parameters_is_refused(path):
    def fit(X=X, y=KINDS, **others):
        net = neurona.NeuralNetClassifier(epochs=3, networks=1, random_state=0, **others)
        return resumable(path, net, X, y)

    last(fit())
    for given, told in (
        ({"X": X + 1}, "rows to learn from was 90"),
        ({"y": KINDS[::-1]}, "the targets of the rows to learn from was 90"),
        ({"activation": "relu"}, "activation was 'silu', and is 'relu'"),
    ):
        with pytest.raises(ValueError, match="of another training") as caught:
            fit(**given)
        assert told in str(caught.value)
    with pytest.raises(ValueError, match="random_state is None: give a number"):
        resumable(path, neurona.NeuralNetClassifier(), X, KINDS)
