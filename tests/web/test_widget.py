"""The widget's Python side: messages, pictures as buffers, and what is read and set."""

import gc
import sys
import threading
import time

import numpy as np
import pytest

import neurona
from neurona.extras import MissingExtra
from neurona.web.kernel_session import KernelSession
from neurona.web.setup import Setup

SMALL = {"data": {"n": 40}, "layers": [{"neurons": 3}]}


def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def threads():
    return [one for one in threading.enumerate() if one.name.startswith("neurona-")]


class Front:
    """A front end that keeps what it is sent, and asks as a view does."""

    def __init__(self, playground):
        self.sent = []
        self.playground = playground
        playground.send = lambda content, buffers: self.sent.append((content, buffers))

    def say(self, **content):
        self.playground._handle_custom_msg(content, [])

    def of(self, kind):
        return [one for one in self.sent if one[0]["type"] == kind]

    def frame(self):
        """Ask for a picture, wait for it, and return its content and arrays."""
        before = len(self.of("frame"))
        self.say(type="frame", resolution=10, neurons=4)
        until(lambda: len(self.of("frame")) > before)
        content, buffers = self.of("frame")[-1]
        return content, arrays_of(content, buffers)


def arrays_of(content, buffers):
    assert len(content["arrays"]) == len(buffers)
    assert all(isinstance(one, memoryview) for one in buffers)
    return {
        one["name"]: np.frombuffer(buffer, one["dtype"]).reshape(one["shape"])
        for one, buffer in zip(content["arrays"], buffers, strict=True)
    }


@pytest.fixture
def playground():
    playground = neurona.Playground(SMALL)
    yield playground
    playground.close()
    assert threads() == []


@pytest.fixture
def front(playground):
    front = Front(playground)
    front.say(type="hello", view="a")
    return front


# Messages


def test_hello_joins_the_training_that_goes_on(playground, front):
    assert [content["type"] for content, _ in front.sent] == ["welcome", "run"]
    playground.step(5)
    front.say(type="hello", view="b")
    assert playground.state.step == 5
    content, arrays = front.frame()
    assert content["step"] == 5
    assert len(arrays["history"]) >= 2  # the new view is told of the past


def test_a_picture_comes_beside_its_content_and_fits_the_state(playground, front):
    _, arrays = front.frame()
    theta = np.concatenate([array.ravel() for layer in playground.params for array in layer])
    np.testing.assert_array_equal(arrays["parameters"], theta)
    assert arrays["surface"].shape == (1, 10, 10)
    assert arrays["neurons"].shape == (6, 4, 4)


def test_a_picture_waits_until_there_is_something_new(playground, front):
    front.frame()
    began = time.monotonic()
    front.say(type="frame", resolution=10, neurons=4)
    assert time.monotonic() - began < 0.5  # whoever asks goes on
    time.sleep(0.2)
    assert len(front.of("frame")) == 1
    playground.step()
    until(lambda: len(front.of("frame")) == 2)
    assert front.of("frame")[-1][0]["step"] == 1


def test_no_picture_is_sent_without_a_request(playground, front):
    front.say(type="play")
    until(lambda: playground.state.step > 20)
    assert front.of("frame") == []


def test_not_more_than_thirty_pictures_a_second(playground, front):
    playground.play()
    end = time.monotonic() + 1
    while time.monotonic() < end:
        front.say(type="frame", resolution=10, neurons=4)
        time.sleep(0.002)
    assert 5 <= len(front.of("frame")) <= 32


@pytest.mark.parametrize("content", [None, 3, [], {}, {"type": "fly"}, {"type": ["frame"]}])
def test_a_message_that_makes_no_sense(playground, front, content):
    playground._handle_custom_msg(content, [])
    assert front.sent[-1][0]["type"] == "error"
    assert playground.state.step == 0


def test_a_frame_that_is_too_large_is_refused(playground, front):
    front.say(type="frame", resolution=10_000)
    until(lambda: front.of("error"))
    assert "resolution" in front.of("error")[0][0]["message"]["en"]
    assert front.frame()[0]["step"] == 0


def test_without_its_last_view_it_pauses(playground, front):
    front.say(type="hello", view="b")
    front.say(type="play")
    front.say(type="bye", view="a")
    until(lambda: playground.state.step > 5)
    front.say(type="bye", view="b")
    stood = playground.state.step
    time.sleep(0.1)
    assert playground.state.step == stood


def test_another_view_is_told_of_a_rate_that_one_view_chose(playground, front):
    chosen = playground.setup | {"training": {"learning_rate": 0.5}}
    front.say(type="setup", setup=chosen)
    assert len(front.of("run")) == 1  # the one that chose knows
    front.say(type="hello", view="b")
    front.say(type="setup", setup=chosen | {"training": {"learning_rate": 0.25}})
    assert front.of("run")[-1][0]["setup"]["training"]["learning_rate"] == 0.25


# From Python


def test_parameters_that_are_set_are_shown_and_trained(playground, front):
    _, before = front.frame()
    given = [(np.full_like(W, 2.0), b) for W, b in playground.params]
    playground.params = given
    content, arrays = front.frame()
    assert arrays["parameters"].max() == 2.0
    assert not np.array_equal(arrays["surface"], before["surface"])
    assert content["cost"] == playground.state.cost
    given[0][0][:] = 9.0
    assert playground.params[0].W.max() == 2.0  # they were copied
    with pytest.raises(ValueError, match="read-only"):
        playground.params[0].W[:] = 1.0
    playground.step()
    assert 1.9 < playground.params[0].W.max() < 2.1


def test_parameters_may_be_those_of_another_training(playground):
    X, y = neurona.datasets.circles(n=40, rng=0)
    *_, state = neurona.train(playground.network, X, y, steps=20, rng=3)
    playground.params = state.params
    np.testing.assert_array_equal(playground.params[0].W, state.params[0].W)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (3, "one .* a layer"),
        ([(np.zeros((2, 3)), np.zeros(3))], "for 1 layers"),
        ([(np.zeros((3, 2)), np.zeros(3)), (np.zeros((3, 1)), np.zeros(1))], "layer 1 have shapes"),
        ([(np.full((2, 3), np.nan), np.zeros(3)), (np.zeros((3, 1)), np.zeros(1))], "layer 1"),
    ],
)
def test_parameters_that_do_not_fit(playground, wrong, says):
    before = playground.params
    with pytest.raises(ValueError, match=says):
        playground.params = wrong
    assert playground.params is before


def test_another_network(playground, front):
    playground.network = neurona.network([2, 5, 4, 1], ["relu", "sigmoid"], output="sigmoid")
    assert playground.network.topology == (2, 5, 4, 1)
    assert [layer["activation"] for layer in playground.setup["layers"]] == ["relu", "sigmoid"]
    assert front.of("run")[-1][0]["topology"] == [2, 5, 4, 1]


def test_networks_that_do_not_fit(playground):
    with pytest.raises(ValueError, match="3 inputs and 1 outputs, but the data want 2 and 1"):
        playground.network = neurona.network([3, 1])
    with pytest.raises(ValueError, match="neurons is 99"):
        playground.network = neurona.network([2, 99, 1])
    from neurona.engine.activations import Activation, tanh

    own = Activation("my_own", tanh.function, 1.0)
    with pytest.raises(ValueError, match="no activation 'my_own'"):
        playground.network = neurona.network([2, 3, 1], own)
    with pytest.raises(ValueError, match="pictures of the playground need dense layers only"):
        playground.network = neurona.network([2, 3, 1], dropout=0.5)
    assert playground.network.topology == (2, 3, 1)


def test_another_rate_goes_on_and_other_layers_begin_anew(playground, front):
    playground.step(4)
    playground.setup = playground.setup | {"training": {"learning_rate": 0.5}}
    assert playground.state.step == 4
    assert front.of("run")[-1][0]["setup"]["training"]["learning_rate"] == 0.5
    playground.setup = SMALL | {"layers": []}
    assert playground.state.step == 0
    with pytest.raises(ValueError, match=r"data\.kind is 'fog': give one of circles"):
        playground.setup = {"data": {"kind": "fog"}}
    assert front.of("error") == []  # it was told to Python


def test_many_steps_are_the_steps_of_train(playground):
    playground.step(600)
    assert playground.state.step == 600
    view = playground._kernel_session.view()
    *_, state = neurona.train(
        view.task.net, view.task.train.x, view.task.train.target,
        steps=600, every=600, start=view.task.net.init(rng=0),
    )  # fmt: skip
    np.testing.assert_allclose(playground.params[0].W, state.params[0].W, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_steps_that_are_none(playground, n):
    with pytest.raises(ValueError, match=r"n is .*positive whole number"):
        playground.step(n)


def test_a_training_that_diverges_stops():
    playground = neurona.Playground(
        {"data": {"kind": "wave"}, "training": {"optimizer": "sgd"}},
        learning_rate=1000.0,
        activation="relu",
    )
    playground.step(1000)
    assert playground.state.step < 1000
    playground.close()


# The parts of a playground


def made(**given):
    playground = neurona.Playground(**given)
    setup = playground.setup
    playground.close()
    return setup


def test_what_is_named_stands_in_the_setup():
    setup = made(
        data="moons", layers=(5, np.int64(2)), activation=["relu", "tanh"], cost="mse",
        optimizer="sgd", learning_rate=np.float32(0.5), batch_size=8, seed=3,
    )  # fmt: skip
    assert setup["data"]["kind"] == "moons"
    assert [(one["neurons"], one["activation"]) for one in setup["layers"]] == [
        (5, "relu"),
        (2, "tanh"),
    ]
    assert setup["training"] | {"l1": 0} == {
        "cost": "mse", "optimizer": "sgd", "learning_rate": 0.5, "batch_size": 8, "seed": 3,
        "l1": 0, "l2": 0.0, "initializer": "orthogonal",
    }  # fmt: skip


def test_nothing_named_is_the_usual_setup_and_a_setup_is_kept():
    assert Setup.from_json(made()) == Setup()
    assert Setup.from_json(made(setup=SMALL)) == Setup.from_json(SMALL)
    assert made(setup=SMALL, data="xor")["data"] == made(setup=SMALL)["data"] | {"kind": "xor"}


def test_own_points():
    X, y = neurona.datasets.blobs(n=30, classes=3, rng=0)
    playground = neurona.Playground(X=X, y=y)
    assert playground.network.n_out == 3
    np.testing.assert_allclose(playground._kernel_session.view().task.points, X)
    playground.close()
    assert made(X=[[0, 0], [1, 1]], y=[False, True])["data"]["points"] == ((0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"data": "fog"}, "data.kind is 'fog': give one of circles"),
        ({"data": 3}, "data.kind is 3"),
        ({"setup": 3}, "setup is 3: give an object"),
        ({"setup": {"dta": {}}}, "no part 'dta': it has data"),
        ({"layers": 4}, "layers is 4"),
        ({"layers": "44"}, "layers is '44'"),
        ({"layers": (4, 0)}, r"layers\[1\].neurons is 0"),
        ({"layers": (4, 4), "activation": ["tanh"]}, "1 activations for 2 hidden layers"),
        ({"activation": "tan"}, "activation is 'tan'"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"optimizer": neurona.sgd(0.1)}, "optimizer is "),
        ({"cost": "cross_entropy", "data": "wave"}, "needs a network that ends in softmax"),
        ({"X": [[0, 1]]}, "give both"),
        ({"X": [[0, 1]], "y": [0], "data": "moons"}, "not both"),
        ({"X": [0, 1], "y": [0, 1]}, r"X has shape \(2,\)"),
        ({"X": [[0, 1], [1, 0]], "y": [0, 1, 1]}, r"y has shape \(3,\)"),
        ({"X": [[0, 1], [1, 0]], "y": [0, 7]}, "is a whole number from 0 to 4"),
        ({"X": [[0, 1], [1, 0]], "y": ["a", "b"]}, "give a number"),
        ({"X": [[0, 1], [1, np.inf]], "y": [0, 1]}, "give a number from -1000 to 1000"),
        ({"X": [[0, 1], [1, 0]], "y": [1, 1]}, "two classes at least"),
        ({"X": np.zeros((2001, 2)), "y": np.arange(2001) % 2}, "2000 at most"),
    ],
)
def test_what_can_not_be(given, says):
    with pytest.raises(ValueError, match=says):
        neurona.Playground(**given)
    gc.collect()  # what was half made complains nowhere
    assert threads() == []


# The end


def test_close_ends_the_threads_and_says_so():
    playground = neurona.Playground(playing=True)
    until(lambda: playground.state.step > 0)
    assert len(threads()) == 2
    playground.close()
    assert threads() == []
    playground.close()
    with pytest.raises(RuntimeError, match="this playground is closed"):
        playground.step()
    with pytest.raises(RuntimeError, match="this playground is closed"):
        playground.state  # noqa: B018


def test_what_comes_after_the_end_is_not_heard():
    playground = neurona.Playground()
    front = Front(playground)
    playground.close()
    for kind in ("frame", "play", "fly", "hello", "bye"):
        front.say(type=kind, view="a")
    assert front.sent == []


def test_a_widget_that_python_throws_away_ends_its_threads():
    playground = neurona.Playground(playing=True)
    playground.__del__()  # which ipywidgets makes a close of
    assert threads() == []


def test_a_line_refuses_nothing_that_was_checked_and_closes_once():
    session = KernelSession(Setup(), send=lambda content, arrays: None)
    session.close()
    assert session.handle({"type": "play"}) == []
    session.close()


def test_without_anywidget_the_extra_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "neurona.web.widget", raising=False)
    monkeypatch.delitem(neurona.__dict__, "Playground", raising=False)
    monkeypatch.setattr(
        "neurona.extras.import_module",
        lambda name: (_ for _ in ()).throw(ModuleNotFoundError(f"no {name}", name=name)),
    )
    with pytest.raises(MissingExtra, match=r'pip install "neurona\[notebook\]"'):
        neurona.Playground  # noqa: B018


def test_the_name_is_known_and_a_star_import_does_not_need_it():
    assert "Playground" in dir(neurona)
    assert "Playground" not in neurona.__all__
