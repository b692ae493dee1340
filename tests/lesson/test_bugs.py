"""The bug lab: a correct program, one wrong line in it, and what finds that line."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from neurona import network
from neurona.engine.costs import COSTS
from neurona.engine.objective import Objective
from neurona.engine.parameters import flatten
from neurona.lesson.bugs import BUGS, WRITTEN, Setting, find_bug, silent, write
from neurona.lesson.bugs.finder import WORDS

ENGINE = {cost.__name__: cost for cost in COSTS.values()}
HIDDEN = sorted(WRITTEN - {"softmax"})


@st.composite
def programs(draw, cost=None, output=None, layers=(1, 4)):
    """A correct program with data that fit it: X, Y, the held out rows, and a batch's size."""
    cost = cost or draw(
        st.sampled_from(
            ["SquaredError", "AbsoluteError", "Huber", "BinaryCrossEntropy",
             "CategoricalCrossEntropy"]
        )
    )  # fmt: skip
    ends = {"BinaryCrossEntropy": ["sigmoid"], "CategoricalCrossEntropy": ["softmax"]}
    output = output or draw(st.sampled_from(ends.get(cost, [*HIDDEN, "softmax"])))
    count = draw(st.integers(*layers))
    widths = st.integers(1, 6)
    n_out = draw(widths) + (output == "softmax")
    topology = [draw(widths) for _ in range(count)] + [n_out]
    activations = [draw(st.sampled_from(HIDDEN)) for _ in range(count - 1)] + [output]
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    n = draw(st.integers(4, 60))
    X = rng.normal(size=(n, topology[0])) * 10.0 ** draw(st.integers(-1, 3))
    classes = np.sort(rng.integers(0, max(2, n_out), n))
    if cost.endswith("Entropy") or output == "softmax":
        Y = np.eye(n_out)[classes] if n_out > 1 else classes[:, None].astype(float)
    else:
        Y = rng.normal(size=(n, n_out)) * 10.0 ** draw(st.integers(-1, 3))
    held_out = np.arange(n) % 3 == 2
    size = draw(st.sampled_from([None, 1, 3, 10]))
    return write(topology, activations, cost), activations, cost, (X, Y, held_out), size, seed


def setting_of(program, activations, cost, data, size):
    held_out = data[2]
    rows = int((~held_out).sum())
    batch = min(size or rows, rows)
    return Setting(program.topology, tuple(activations), cost, rows, int(held_out.sum()), batch)


quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


# ---- The program


@quick
@given(programs())
def test_the_correct_program_takes_the_engines_steps(case):
    program, activations, cost, (X, Y, _), _, seed = case
    net = network(list(program.topology), activations)
    objective = Objective(net, ENGINE[cost]())
    params = net.init(rng=seed, dtype=np.float64)
    X = X / abs(X).max()
    given_ = iter(params)
    layers = program.parts["start"](lambda n_in, n_out: next(given_))
    value = program.parts["step"](layers, X, Y, lambda i, W, b, dW, db: (dW, db))
    expected, gradient = objective.value_and_gradient(params, X, Y)
    np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-12)
    seen = np.concatenate([part.ravel() for layer in layers for part in (layer.W, layer.b)])
    exact = flatten(gradient)
    np.testing.assert_allclose(seen, exact, rtol=1e-6, atol=1e-6 * abs(exact).max())


def test_the_program_runs_by_itself_and_learns():
    from neurona import datasets

    X, y = datasets.circles(n=200, rng=0)
    program = write([2, 8, 1], ["tanh", "sigmoid"], "BinaryCrossEntropy")
    everything = {}
    exec(program.text("es"), everything)
    rng = np.random.default_rng(0)
    layers = everything["start"](everything["scaled"](rng))
    training = everything["train"](
        layers, X, y[:, None], np.arange(200) % 4 == 0, everything["descent"](1.0), 20, rng
    )
    costs = [next(training) for _ in range(1500)]
    assert np.mean(costs[-50:]) < 0.05 < costs[0]


def test_both_languages_have_the_same_lines_but_for_comments():
    program = write([2, 3, 2], ["relu", "softmax"], "CategoricalCrossEntropy")
    english, spanish = program.lines_in("en"), program.lines_in("es")
    assert len(english) == len(spanish)
    for one, other in zip(english, spanish, strict=True):
        is_comment = one.strip().startswith("#")
        assert (one != other) == is_comment
    assert max(map(len, [*english, *spanish])) < 90


def test_what_the_program_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"no gelu.*slope is not a function of a"):
        write([2, 3, 1], ["gelu", "sigmoid"], "SquaredError")
    with pytest.raises(ValueError, match="the cost is 'Poisson'"):
        write([2, 3, 1], ["tanh", "linear"], "Poisson")


# ---- The bugs


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_bug_is_one_line(bug):
    for cost, end in (
        ("SquaredError", "softmax"), ("AbsoluteError", "linear"), ("Huber", "tanh"),
        ("BinaryCrossEntropy", "sigmoid"), ("CategoricalCrossEntropy", "softmax"),
    ):  # fmt: skip
        right = write([2, 3, 3], ["tanh", end], cost)
        wrong = bug.put_into(right)
        changed = [
            number
            for number, (one, other) in enumerate(zip(right.lines, wrong.lines, strict=True), 1)
            if one != other
        ]
        line = bug.line(right)
        assert changed == ([] if line is None else [line])
        is_there = {"lost-two": cost == "SquaredError", "softmax-jacobian": end == "softmax"}
        assert bool(changed) == is_there.get(bug.name, True)


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_bug_is_said_in_both_languages(bug):
    for text in (bug.title, bug.wrong, bug.shows, bug.mended):
        assert text.en
        assert text.es
        assert text.en != text.es or text.en == bug.mended.en
    assert bug.name in WORDS


# ---- Finding them


@settings(quick, max_examples=200)
@given(programs())
def test_there_is_no_false_alarm(case):
    program, _, _, data, size, seed = case
    assert find_bug(program, *data, size=size, rng=seed) is None


@settings(quick, max_examples=250)
@given(st.data(), st.sampled_from(sorted(BUGS)))
def test_each_bug_is_found_with_its_line_wherever_it_changes_anything(data, name):
    forms = {
        "lost-two": {"cost": "SquaredError"},
        "softmax-jacobian": {"output": "softmax", "cost": "SquaredError"},
        "zero-start": {"layers": (2, 4)},
    }
    right, activations, cost, rows, size, seed = data.draw(programs(**forms.get(name, {})))
    assume(not silent(name, setting_of(right, activations, cost, rows, size)))
    wrong = BUGS[name].put_into(right)
    found = find_bug(wrong, *rows, size=size, rng=seed)
    assert found is not None
    assert found.line == BUGS[name].line(right)
    for language in ("en", "es"):
        assert "{" not in found.say(language)
    assert found.kind == name


@pytest.mark.parametrize(
    ("block", "before", "after"),
    [
        ("step", "db = delta.sum(axis=0)", "db = delta.mean(axis=0)"),
        ("step", "db = delta.sum(axis=0)", "db = delta.sum()"),
        ("step", "dW = a_prev.T @ delta", "dW = a_prev.T @ error"),
        ("step", "dW = a_prev.T @ delta", "dW = -a_prev.T @ delta"),
        ("step", "error = delta @ W.T", "error = delta @ abs(W.T)"),
        ("step", "error = cost[1](a, Y)", "error = cost[1](Y, a)"),
        ("step", "error = cost[1](a, Y)", "error = cost[1](a, Y) + 1e-2"),
        ("tanh", "(1 - a**2)", "(1 + a**2)"),
        ("tanh", "(1 - a**2)", "a * (1 - a)"),
        ("tanh", "(1 - a**2)", "np.sqrt(a - 2)"),
        ("sigmoid", "a * (1 - a)", "(1 - a)"),
        ("cost", "2 * (A - Y)", "3 * (A - Y)"),
        ("cost", "2 * (A - Y)", "-2 * (A - Y)"),
    ],
)
def test_other_wrong_lines_are_found_too(block, before, after):
    right = write([2, 3, 4, 2], ["tanh", "tanh", "sigmoid"], "SquaredError")
    number = next(k for k in right.numbers_of(block) if before in right.lines[k - 1])
    wrong = right.with_line(number, right.lines[number - 1].replace(before, after))
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(30, 2)), rng.integers(0, 2, (30, 2))
    found = find_bug(wrong, X, Y, np.zeros(30, bool))
    assert found.line == number
    assert found.kind == "derivative"
    assert found.say("es") != found.say("en")


def test_a_constant_factor_is_measured():
    right = write([2, 3, 1], ["tanh", "sigmoid"], "SquaredError")
    number = right.line("step", "db = ")
    wrong = right.with_line(number, "        db = delta.mean(axis=0)")
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(50, 2)), rng.integers(0, 2, (50, 1))
    found = find_bug(wrong, X, Y, np.zeros(50, bool))
    assert found.numbers["ratio"] == pytest.approx(1 / 50, rel=1e-3)


def test_the_sum_for_the_mean_is_as_many_times_too_large_as_there_are_numbers():
    right = write([2, 3, 1], ["tanh", "sigmoid"], "SquaredError")
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(500, 2)), rng.integers(0, 2, (500, 1))
    wrong = BUGS["sum-for-mean"].put_into(right)
    assert find_bug(wrong, X, Y, np.zeros(500, bool)).numbers["ratio"] == 500
    assert find_bug(wrong, X, Y, np.zeros(500, bool), size=20).numbers["ratio"] == 20


def test_a_forgotten_transpose_stops_or_runs_and_lies():
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(30, 2)), np.eye(2)[rng.integers(0, 2, 30)]
    bug = BUGS["transpose"]
    said = []
    for hidden in (3, 2):
        right = write([2, hidden, 2], ["tanh", "softmax"], "SquaredError")
        found = find_bug(bug.put_into(right), X, Y, np.zeros(30, bool))
        assert (found.kind, found.line) == ("transpose", bug.line(right))
        said.append(found.say())
    assert said[0].startswith("NumPy stops here: delta is (30, 2) and W is (3, 2).")
    assert "finite differences" in said[1]


def test_a_line_that_cannot_run_is_found():
    right = write([2, 3, 1], ["tanh", "sigmoid"], "SquaredError")
    number = right.line("step", "dW = ")
    wrong = right.with_line(number, "        dW = a_prev.T @ detla")
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(30, 2)), rng.integers(0, 2, (30, 1))
    found = find_bug(wrong, X, Y, np.zeros(30, bool))
    assert (found.kind, found.line) == ("error", number)
    assert "detla" in found.say()


def test_neurons_that_begin_alike_are_found_whoever_made_them_so():
    right = write([2, 3, 1], ["tanh", "sigmoid"], "SquaredError")
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(30, 2)), rng.integers(0, 2, (30, 1))

    def alike(n_in, n_out):
        return np.full((n_in, n_out), 0.5), np.zeros(n_out)

    found = find_bug(right, X, Y, np.zeros(30, bool), draw=alike)
    assert (found.kind, found.layer) == ("zero-start", 1)
    assert found.line == right.line("start", "W, b =")


def test_batches_in_one_order_are_counted():
    right = write([2, 3, 1], ["tanh", "sigmoid"], "SquaredError")
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(40, 2)), np.repeat([[0], [1]], 20, axis=0)
    wrong = BUGS["no-shuffling"].put_into(right)
    found = find_bug(wrong, X, Y, np.zeros(40, bool), size=8)
    assert found.numbers == {"single": 4, "count": 5}  # the third has both classes
    assert find_bug(wrong, X, Y, np.zeros(40, bool)) is None  # one batch has no order
