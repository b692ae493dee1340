"""Every export answers as the network does; what has no counterpart is refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neurona
from neurona.engine.activations import Activation
from neurona.export import numpy_code, to_keras, to_onnx, to_pytorch, to_sklearn
from neurona.export.onnx_graph import OPSET, rows
from neurona.export.parts import parts_of
from tests.support.networks import NAMES, by_hand, cases, image_cases, learned

# Keras, on PyTorch, makes arrays in a way that NumPy 2 would have otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

checks = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def assert_same(answers, wanted):
    wanted = np.asarray(wanted)
    assert answers.shape == wanted.shape
    size = max(1, abs(wanted).max())
    np.testing.assert_allclose(answers, wanted, rtol=1e-5, atol=1e-5 * size)


def far_out(name):
    """Return a network that is one activation and no more, and rows near 0 and far from it."""
    net = neurona.network([3, 3], name)
    params = ((np.eye(3, dtype=np.float32), np.zeros(3, np.float32)),)
    far = 88 if name == "exp" else 120  # beyond, float32 has no numbers
    X = np.linspace(-far, far, 2001, dtype=np.float32)
    return net, params, np.stack([X, X / 50, -X], axis=1)


def code_of(path):
    """Run a file of Python, and return the names in it."""
    namespace = {"__name__": "model", "__file__": str(path)}
    exec(path.read_text(encoding="utf-8"), namespace)
    return namespace


# The program


def program_of(net, params, **options):
    namespace = {"__name__": "model"}
    exec(numpy_code(net, params, **options), namespace)
    return namespace


def run_numpy(net, params, X):
    return program_of(net, params)["predict"](X)


@settings(checks, max_examples=150)
@given(cases(), st.sampled_from([np.float32, np.float64]), st.sampled_from([0, 400, np.inf]))
def test_the_program_is_the_network(case, dtype, written_out):
    net, params, X = case
    params = tuple(
        type(one)(*((array / (3 if array.ndim > 1 else 1)).astype(dtype) for array in one))
        for one in params
    )
    program = program_of(net, params, written_out=written_out)
    answers = program["predict"](X)
    assert answers.dtype == dtype
    assert_same(answers, net.predict(params, X))
    if any(type(layer) is not neurona.Dense for layer in net.layers):
        return
    for layer, given_layer in zip(program["neural_net"], params, strict=True):  # not a digit lost
        np.testing.assert_array_equal(layer.W, given_layer.W)
        np.testing.assert_array_equal(layer.b, given_layer.b[None])
        assert layer.W.dtype == layer.b.dtype == dtype


def test_the_program_runs_by_itself_on_a_csv_file(tmp_path):
    net = neurona.network([2, 30, 20, 2], "tanh", output="softmax")
    params, X = net.init(0), np.random.default_rng(0).normal(size=(5, 2))
    code = numpy_code(net, params)
    assert "base64" in code
    assert max(map(len, code.split("\n"))) <= 100
    (tmp_path / "model.py").write_text(code, encoding="utf-8")
    np.savetxt(tmp_path / "rows.csv", X, delimiter=",")
    with (tmp_path / "rows.csv").open() as table:
        done = subprocess.run(
            [sys.executable, "-W", "error", "model.py"],
            cwd=tmp_path, stdin=table, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = np.array([line.split(",") for line in done.stdout.split()], dtype=float)
    np.testing.assert_allclose(answers, net.predict(params, X), rtol=1e-6)
    named = [sys.executable, "-W", "error", "model.py", "rows.csv"]
    again = subprocess.run(named, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (0, done.stdout)


def test_the_program_needs_numpy_alone_and_can_be_read():
    net = neurona.network([2, 4, 8, 1], "sigmoid")
    code = numpy_code(net, net.init(0))
    imports = [line for line in code.split("\n") if line.startswith(("import", "from"))]
    assert imports == ["import sys", "import numpy as np"]
    assert code.count("def sigmoid") == 1
    assert "A network 2-4-8-1" in code
    with pytest.raises(ValueError, match=r"X has shape \(3,\): give rows of 2 numbers"):
        program_of(net, net.init(0))["predict"]([1, 2, 3])


# ONNX


@pytest.fixture(scope="module")
def run_onnx():
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")

    def run(net, params, X, **options):
        session = runtime.InferenceSession(to_onnx(net, params, **options).SerializeToString())
        (answers,) = session.run(None, {"X": X})
        return answers

    return run


@settings(checks, max_examples=150)
@given(case=cases())
def test_onnx_is_the_network(run_onnx, case):
    net, params, X = case
    assert_same(run_onnx(net, params, X), net.predict(params, X))


OPSETS = [13, 16, 17, 18, 19, 20, 21, 22, 23]


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("name", NAMES)
def test_each_activation_in_each_opset(name, opset):
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    if opset > onnx.defs.onnx_opset_version():
        pytest.skip("this onnx has no such opset")
    net, params, X = far_out(name)
    made = to_onnx(net, params, opset=opset)
    assert [(one.domain, one.version) for one in made.opset_import] == [("", opset)]
    (answers,) = runtime.InferenceSession(made.SerializeToString()).run(None, {"X": X})
    assert np.isfinite(answers).all()
    assert_same(answers, net.predict(params, X))


@settings(checks, max_examples=40)
@given(case=cases(), opset=st.sampled_from(OPSETS[:-3]))
def test_onnx_of_another_opset_is_the_network(run_onnx, case, opset):
    net, params, X = case
    assert_same(run_onnx(net, params, X, opset=opset), net.predict(params, X))


@pytest.mark.parametrize("opset", [12, 99, 17.0, "17", True, None])
def test_an_opset_that_is_not_there_is_refused(opset):
    pytest.importorskip("onnx")
    net = neurona.network([2, 1])
    with pytest.raises(ValueError, match=r"^opset is .*: give a whole number from 13 to \d+"):
        to_onnx(net, net.init(0), opset=opset)


def test_an_onnx_file_says_what_it_is(run_onnx, tmp_path):
    import onnx

    net = neurona.network([2, 3, 4], "gelu", output="softmax")
    made = to_onnx(net, net.init(0, np.float64), tmp_path / "model.onnx", output="probabilities")
    read = onnx.load(tmp_path / "model.onnx")
    assert read == made
    assert [node.op_type for node in read.graph.node] == ["Gemm", "Gelu", "Gemm", "Softmax"]
    assert [one.name for one in read.graph.input] == ["X"]
    assert [one.name for one in read.graph.output] == ["probabilities"]
    shape = read.graph.output[0].type.tensor_type.shape
    assert [one.dim_param or one.dim_value for one in shape.dim] == ["rows", 4]
    assert [one.version for one in read.opset_import] == [OPSET]
    assert read.producer_name == "neurona"


def test_an_onnx_model_can_begin_with_raw_columns(run_onnx):
    """A column of numbers, scaled, and a column of text, one-hot; then the network."""
    import onnx
    import onnxruntime

    kinds = onnx.TensorProto
    width = rows(1, "width")
    town = onnx.helper.make_tensor_value_info("town", kinds.STRING, ["rows", 1])
    scaled = (
        width.constant("mean", np.float32([10]))
        .constant("deviation", np.float32([4]))
        .node("Sub", "mean", result="centred")
        .node("Div", "deviation", result="scaled")
    )
    text = replace(scaled, inputs=(*scaled.inputs, town), end="town")
    coded = (
        text.constant("towns", np.array([["Rome", "Oslo"]], dtype=object))
        .node("Equal", "towns", result="is_town")
        .node("Cast", result="one_hot", to=kinds.FLOAT)
    )
    preparation = replace(coded, end="scaled").node("Concat", "one_hot", result="row", axis=1)
    net = neurona.network([3, 4, 1], "tanh", output="sigmoid")
    params = net.init(0)
    made = to_onnx(net, params, preparation=preparation)
    session = onnxruntime.InferenceSession(made.SerializeToString())
    raw = {
        "width": np.float32([[6], [14], [10]]),
        "town": np.array([["Oslo"], ["Rome"], ["Lima"]], dtype=object),
    }
    (answers,) = session.run(None, raw)
    assert_same(answers, net.predict(params, [[-1, 0, 1], [1, 1, 0], [0, 0, 0]]))


# PyTorch


@pytest.fixture(scope="module")
def run_pytorch(tmp_path_factory):
    pytest.importorskip("safetensors")
    torch = pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("pytorch")

    def run(net, params, X):
        module = code_of(to_pytorch(net, params, folder))["load"]()
        assert isinstance(module, torch.nn.Module)
        assert not module.training
        with torch.no_grad():
            return module(torch.from_numpy(X)).numpy()

    return run


@settings(checks, max_examples=100)
@given(case=cases())
def test_pytorch_is_the_network(run_pytorch, case):
    net, params, X = case
    assert_same(run_pytorch(net, params, X), net.predict(params, X))


# Keras


@pytest.fixture(scope="module")
def run_keras(keras, tmp_path_factory):
    pytest.importorskip("safetensors")
    folder = tmp_path_factory.mktemp("keras")

    def run(net, params, X):
        model = code_of(to_keras(net, params, folder))["load"]()
        assert isinstance(model, keras.Sequential)
        if len(net.layers) == 1:  # it can be saved as Keras does, and read again
            model.save(folder / "saved.keras")
            model = keras.saving.load_model(folder / "saved.keras")
        return keras.ops.convert_to_numpy(model(X))

    return run


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")  # of one output
@settings(checks, max_examples=40)
@given(case=cases())
def test_keras_is_the_network(run_keras, case):
    net, params, X = case
    assert_same(run_keras(net, params, X), net.predict(params, X))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["numpy", "onnx", "pytorch", "keras"])
def test_each_activation_near_0_and_far_from_it(where, name, request):
    run = run_numpy if where == "numpy" else request.getfixturevalue(f"run_{where}")
    net, params, X = far_out(name)
    answers = run(net, params, X)
    assert np.isfinite(answers).all()
    assert_same(answers, net.predict(params, X))


@pytest.mark.parametrize("export", [to_pytorch, to_keras])
def test_code_and_weights_lie_in_a_folder(export, tmp_path):
    numpy_file = pytest.importorskip("safetensors.numpy")
    net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
    path = export(net, net.init(0), tmp_path / "a" / "b")
    assert path == tmp_path / "a" / "b" / "model.py"
    first = path.read_text()
    export(net, net.init(1), path.parent)  # an earlier export may be replaced
    assert path.read_text() == first
    weights = numpy_file.load_file(path.with_name("model.safetensors"))
    assert sorted(one.size for one in weights.values()) == [1, 3, 3, 6]
    path.write_text("print('mine')\n")
    before = path.with_name("model.safetensors").read_bytes()
    with pytest.raises(FileExistsError, match="is not an export of neurona: choose another place"):
        export(net, net.init(0), path.parent)
    assert path.read_text() == "print('mine')\n"
    assert path.with_name("model.safetensors").read_bytes() == before


# scikit-learn

SKLEARN_HIDDEN = ["linear", "sigmoid", "tanh", "relu"]


def has_poisson():
    """Tell whether scikit-learn's network can end in exp: from 1.7 on."""
    sklearn = pytest.importorskip("sklearn")
    return tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 7)


@st.composite
def sklearn_cases(draw):
    name = draw(st.sampled_from(SKLEARN_HIDDEN))
    outputs = ["linear", "sigmoid", "softmax", *(["exp"] if has_poisson() else [])]
    net, params, X = draw(cases([name], outputs, (None, "batch")))
    return net, params, X


@settings(checks, max_examples=60)
@given(case=sklearn_cases())
def test_sklearn_is_the_network(case):
    pytest.importorskip("sklearn")
    net, params, X = case
    wanted = net.predict(params, X)
    if net.output.name == "softmax" and net.n_out == 1:
        with pytest.raises(ValueError, match="a softmax of one output is always 1"):
            to_sklearn(net, params)
        return
    mlp = to_sklearn(net, params)
    if net.output.name in ("linear", "exp"):
        assert_same(mlp.predict(X).reshape(wanted.shape), wanted)
        return
    answers = mlp.predict_proba(X)
    several = net.n_out > 1
    assert_same(answers if several else answers[:, 1:], wanted)
    if net.output.name == "sigmoid" and several:
        np.testing.assert_array_equal(mlp.predict(X), wanted > 0.5)
    elif several:
        np.testing.assert_array_equal(mlp.predict(X), wanted.argmax(axis=1))
    else:
        np.testing.assert_array_equal(mlp.predict(X), wanted[:, 0] > 0.5)


@pytest.mark.parametrize("n_out", [1, 2, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_classes_keep_the_order_of_the_outputs(n_out, dtype):
    pytest.importorskip("sklearn")
    names = ["red", "green", "yellow", "blue"][: max(n_out, 2)]
    net = neurona.network([3, 5, n_out], "tanh", output="softmax" if n_out > 1 else "sigmoid")
    params = net.init(0, dtype)
    X = np.random.default_rng(1).normal(size=(50, 3)).astype(dtype)
    mlp = to_sklearn(net, params, classes=names)
    answers = net.predict(params, X)
    index = answers.argmax(axis=1) if n_out > 1 else (answers[:, 0] > 0.5).astype(int)
    assert len(np.unique(index)) > 1
    assert mlp.predict(X).tolist() == [names[i] for i in index]
    assert {array.dtype for array in (*mlp.coefs_, *mlp.intercepts_)} == {np.dtype(dtype)}
    assert mlp.classes_.tolist() == sorted(names)


def test_a_model_of_sklearn_can_be_scored_copied_and_trained_on(recwarn):
    sklearn = pytest.importorskip("sklearn.base")
    X, y = neurona.datasets.circles(n=200, noise=0.05, rng=0)
    net = neurona.network([2, 8, 1], "tanh", output="sigmoid")
    *_, state = neurona.train(net, X, y, steps=400, every=400, rng=0)
    mlp = to_sklearn(net, state.params)
    right = neurona.observe.accuracy(net.predict(state.params, X), y)
    assert mlp.score(X, y) == right
    assert sklearn.clone(mlp).get_params()["max_iter"] == 200
    before = [array.copy() for array in state.params[0]]
    mlp.partial_fit(X, y)
    assert abs(mlp.coefs_[0] - before[0]).max() > 0
    for mine, same in zip(state.params[0], before, strict=True):
        np.testing.assert_array_equal(mine, same)


@pytest.mark.parametrize(
    ("activations", "message"),
    [
        (["gelu", "tanh", "linear"], "layer 1 is gelu: scikit-learn's hidden layers are linear"),
        (["tanh", "relu", "linear"], "layer 1 is tanh, and layer 2 is relu: .* all the same"),
        (
            ["tanh", "tanh", "tanh"],
            "the output is tanh: scikit-learn's is linear, sigmoid, softmax or",
        ),
    ],
)
def test_what_sklearn_has_not(activations, message):
    net = neurona.network([2, 3, 3, 2], activations)
    with pytest.raises(ValueError, match=message):
        to_sklearn(net, net.init(0))


def test_a_poisson_regressor_of_sklearn_can_be_trained_on():
    if not has_poisson():
        pytest.skip("before 1.7 there is none")
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.exp(X[:, 0]).round()
    net = neurona.network([2, 4, 1], "tanh", output="exp")
    *_, state = neurona.train(net, X, y, cost="poisson", steps=300, every=300, rng=0)
    mlp = to_sklearn(net, state.params)
    assert mlp.loss == "poisson"
    before = mlp.score(X, y)
    for _ in range(20):
        mlp.partial_fit(X, y)
    assert mlp.score(X, y) == pytest.approx(before, abs=0.1)
    assert (mlp.predict(X) > 0).all()


def test_an_older_sklearn_has_no_exp(monkeypatch):
    models = pytest.importorskip("sklearn.neural_network")

    class Older(models.MLPRegressor):
        def get_params(self, deep=True):
            return {k: v for k, v in super().get_params(deep).items() if k != "loss"}

    monkeypatch.setattr(models, "MLPRegressor", Older)
    net = neurona.network([2, 1], "exp")
    with pytest.raises(ValueError, match=r"the output is exp, which scikit-learn has from 1\.7 on"):
        to_sklearn(net, net.init(0))


@pytest.mark.parametrize(
    ("output", "n_out", "classes", "message"),
    [
        ("softmax", 3, ["a", "b"], r"classes are \['a', 'b'\]: give 3 different ones"),
        ("softmax", 3, ["a", "b", "a"], "give 3 different ones"),
        ("sigmoid", 1, ["a"], "give 2 different ones"),
        ("sigmoid", 3, ["a", "b", "c"], "leave classes out"),
        ("linear", 1, ["a", "b"], "classes are for a classifier, and the output is linear"),
        ("exp", 1, ["a", "b"], "classes are for a classifier, and the output is exp"),
    ],
)
def test_classes_that_do_not_fit(output, n_out, classes, message):
    pytest.importorskip("sklearn")
    net = neurona.network([2, n_out], output)
    with pytest.raises(ValueError, match=message):
        to_sklearn(net, net.init(0), classes=classes)


# Refused by all of them

EXPORTS = {
    "numpy": lambda net, params, folder: numpy_code(net, params),
    "onnx": lambda net, params, folder: to_onnx(net, params, folder / "model.onnx"),
    "pytorch": to_pytorch,
    "keras": to_keras,
    "sklearn": lambda net, params, folder: to_sklearn(net, params),
}


@pytest.fixture(params=sorted(EXPORTS))
def export(request, tmp_path):
    def run(net, params):
        try:
            return EXPORTS[request.param](net, params, tmp_path)
        finally:
            assert list(tmp_path.iterdir()) == []  # nothing half written

    return run


def own(name):
    return Activation(name, lambda z: (z * z, lambda da: 2 * z * da), 1.0)


@pytest.mark.parametrize("name", ["square", "tanh"])
def test_a_custom_activation_is_refused_even_under_a_known_name(export, name):
    net = neurona.network([2, 3, 1], [own(name), "linear"])
    with pytest.raises(ValueError, match=f"layer 1 has a custom activation, '{name}'"):
        export(net, net.init(0))


def test_a_custom_layer_is_refused_wherever_it_is(export):
    class Other(neurona.Dense):
        pass

    try:
        dense = neurona.Dense(2)
        net = neurona.Network((dense, Other(2), dense), 2)
        with pytest.raises(ValueError, match="layer 2 is a Other: the layers that can be exported"):
            export(net, net.init(0))
        within = neurona.Network((dense, neurona.Add([dense, neurona.Sequential([Other(2)])])), 2)
        with pytest.raises(ValueError, match=r"layer 2\.2\.1 is a Other"):
            export(within, within.init(0))
    finally:
        del neurona.layers.LAYERS["Other"]


@pytest.mark.parametrize("where", ["numpy", "onnx", "pytorch", "keras"])
def test_a_normalization_may_stand_anywhere(where, request):
    run = run_numpy if where == "numpy" else request.getfixturevalue(f"run_{where}")
    net, rng = by_hand(), np.random.default_rng(0)
    params, X = learned(net, rng), rng.normal(size=(9, 3)).astype(np.float32)
    assert_same(run(net, params, X), net.predict(params, X))


def test_a_dropout_disappears_and_a_batch_normalization_is_folded():
    plain = neurona.network([2, 4, 1], "tanh")
    net = neurona.network([2, 4, 1], "tanh", dropout=0.5, normalization="batch")
    rng = np.random.default_rng(0)
    params = learned(net, rng)
    made = to_onnx(net, params)
    assert [node.op_type for node in made.graph.node] == ["Gemm", "Tanh", "Gemm", "Tanh"]
    X = rng.normal(size=(5, 2))
    parts = parts_of(net, params, dtype=None)
    assert [part.params.W.shape for part in parts] == [(2, 4), (4, 1)]
    folded = [part.params for part in parts]
    np.testing.assert_allclose(plain.predict(folded, X), net.predict(params, X), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")  # Keras, of one channel
@pytest.mark.parametrize("where", ["numpy", "onnx", "pytorch", "keras"])
@settings(checks, max_examples=40)
@given(case=image_cases())
def test_a_network_of_images_is_the_same_everywhere(where, request, case):
    run = run_numpy if where == "numpy" else request.getfixturevalue(f"run_{where}")
    net, params, X = case
    assert_same(run(net, params, X), net.predict(params, X))


@settings(checks, max_examples=20)
@given(case=image_cases(), opset=st.sampled_from([13, 16, 17, 18]))
def test_a_network_of_images_is_the_same_in_older_opsets(run_onnx, case, opset):
    net, params, X = case
    assert_same(run_onnx(net, params, X, opset=opset), net.predict(params, X))


def test_a_program_takes_images_from_rows_of_a_csv_file(tmp_path):
    net = neurona.Network([neurona.Conv2D(1, 2), neurona.Flatten(), neurona.Dense(2)], (3, 3, 1))
    params = net.init(0)
    X = np.random.default_rng(0).normal(size=(4, 3, 3, 1)).astype(np.float32)
    np.savetxt(tmp_path / "rows.csv", X.reshape(4, -1), delimiter=",")
    code = numpy_code(net, params, written_out=0)
    (tmp_path / "model.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "model.py", "rows.csv"], cwd=tmp_path, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    answers = np.loadtxt(done.stdout.splitlines(), delimiter=",")
    np.testing.assert_allclose(answers, net.predict(params, X), rtol=1e-5)
    assert "a network from 3 x 3 x 1 to 2" in code.lower()
    with pytest.raises(ValueError, match="give examples of 3 x 3 x 1"):
        program_of(net, params)["predict"](np.zeros((2, 9)))


@pytest.mark.parametrize("layer", [neurona.Conv2D(1, 2), neurona.MaxPool2D(2)])
def test_sklearn_refuses_images_and_names_the_layer(layer):
    net = neurona.Network([layer, neurona.Flatten(), neurona.Dense(2)], (4, 4, 1))
    with pytest.raises(ValueError, match=f"is a {type(layer).__name__}, and scikit-learn has"):
        to_sklearn(net, net.init(0))


def test_sklearn_refuses_a_layer_normalization():
    net = neurona.network([2, 4, 1], "tanh", output="linear", normalization="layer")
    with pytest.raises(
        ValueError, match="part 2 of the network is a LayerNormalization, and scikit"
    ):
        to_sklearn(net, net.init(0))


def test_what_folding_makes_infinite_is_refused(export):
    net = neurona.network([1, 1, 1], "linear", normalization="batch")
    first, own, last = net.init(0)
    with pytest.raises(
        ValueError, match=r"a batch normalization makes weights .* not finite in float32"
    ):
        export(net, (first, own._replace(gamma=np.float32([3e38]), variance=0 * own.mean), last))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([(np.ones((2, 1)), np.ones(1))], "parameters for 1 layers, but the network has 2"),
        ([(np.ones((3, 2)), np.ones(3))] * 2, "the parameters of layer 1 have shapes"),
        ([(np.full((2, 3), np.nan), np.ones(3)), (np.ones((3, 1)), np.ones(1))], "is nan"),
        (None, "parameters None: give one"),
        ([], "parameters for 0 layers"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(export, params, message):
    net = neurona.network([2, 3, 1], "tanh", output="linear")
    with pytest.raises(ValueError, match=message):
        export(net, params)


@pytest.mark.parametrize("export", [to_onnx, to_pytorch, to_keras])
def test_numbers_beyond_float32_are_refused(export, tmp_path):
    net = neurona.network([1, 1], "linear")
    with pytest.raises(ValueError, match=r"is 1e\+300, too large for float32"):
        export(net, [([[1e300]], [0.0])], tmp_path / "model")
    assert program_of(net, [(np.array([[1e300]]), [0.0])])["predict"]([[2]]) == 2e300


@pytest.mark.parametrize(
    ("export", "package", "extra"),
    [
        (to_onnx, "onnx", "export"),
        (to_pytorch, "safetensors", "export"),
        (to_keras, "safetensors", "export"),
        (to_sklearn, "sklearn", "datasets"),
    ],
)
def test_a_package_that_is_missing_is_named(export, package, extra, tmp_path, monkeypatch):
    def nothing_of_it(name):
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(name, name=package)
        return import_module(name)

    monkeypatch.setattr("neurona.extras.import_module", nothing_of_it)
    net = neurona.network([1, 1], "linear")
    more = () if export is to_sklearn else (tmp_path / "model",)
    with pytest.raises(neurona.MissingExtra, match=rf'"neurona\[{extra}\]"'):
        export(net, net.init(0), *more)
    assert not (tmp_path / "model").exists()
