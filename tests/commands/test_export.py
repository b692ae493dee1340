"""``neurona export``: a model file in another form, and what comes of it in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

import neurona
from neurona import cli
from neurona.commands import export

WRONG = 2


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return a folder with a network, an estimator of classes and one of numbers, and a table."""
    folder = tmp_path_factory.mktemp("models")
    rng = np.random.default_rng(0)
    lines = ["kilos,coat,kind"]
    for k in range(40):
        kilos = "" if k % 9 == 0 else f"{(4, 20)[k % 2] * rng.uniform(0.8, 1.2):.2f}"
        lines.append(f"{kilos},{('long', 'short')[k // 3 % 2]},{('cat', 'dog')[k % 2]}")
    (folder / "pets.csv").write_text("\n".join(lines) + "\n")
    for target in ("kind", "kilos"):
        made = ["--output", str(folder / f"{target}.safetensors"), "--epochs", "20", "--quiet"]
        assert cli.main(["train", str(folder / "pets.csv"), "--target", target, *made]) == 0
    net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
    neurona.save(folder / "net.safetensors", net, net.init(0))
    return folder


def run(capfdbinary, *arguments):
    code = cli.main([str(one) for one in arguments])
    caught = capfdbinary.readouterr()
    return code, caught.out, caught.err.decode()


def refused(capfdbinary, *arguments):
    code, out, err = run(capfdbinary, *arguments)
    assert (code, out) == (WRONG, b"")
    assert err.startswith("neurona: error: ")
    assert len(err.splitlines()) == 1
    return err


def python(folder, *arguments, stdin=""):
    done = subprocess.run(
        [sys.executable, "-W", "error", *map(str, arguments)],
        cwd=folder, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_of_a_table_answers_as_predict_does(models, tmp_path, capfdbinary):
    for target in ("kind", "kilos"):
        model = models / f"{target}.safetensors"
        code, out, err = run(capfdbinary, "export", model, "--to", "numpy", "-o", tmp_path / "m.py")
        assert (code, out.decode(), err) == (0, f"{tmp_path / 'm.py'}\n", "")
        told = python(tmp_path, "-I", "m.py", stdin=(models / "pets.csv").read_text()).splitlines()
        _, out, _ = run(capfdbinary, "predict", model, models / "pets.csv")
        wanted = [line.split(",")[-1] for line in out.decode().splitlines()[1:]]
        if target == "kilos":
            np.testing.assert_allclose(np.array(told, float), np.array(wanted, float), rtol=1e-6)
        else:
            assert told == wanted


def test_a_program_of_a_network(models, tmp_path, capfdbinary):
    model = models / "net.safetensors"
    code, out, _ = run(capfdbinary, "export", model, "--to", "numpy", "-o", "-")
    assert code == 0
    (tmp_path / "m.py").write_bytes(out)
    told = float(python(tmp_path, "m.py", stdin="0.5,-1\n"))
    net, params = neurona.load(model)
    assert told == pytest.approx(float(net.predict(params, [[0.5, -1]])[0, 0]), rel=1e-6)


@pytest.mark.parametrize("name", ["net", "kind", "kilos"])
def test_an_onnx_file(name, models, tmp_path, capfdbinary):
    runtime = pytest.importorskip("onnxruntime")
    path = tmp_path / "m.onnx"
    code, out, _ = run(
        capfdbinary, "export", models / f"{name}.safetensors", "--to", "onnx", "-o", path
    )
    assert (code, out.decode()) == (0, f"{path}\n")
    inputs = {one.name for one in runtime.InferenceSession(str(path)).get_inputs()}
    assert inputs == {"net": {"X"}, "kind": {"kilos", "coat"}, "kilos": {"coat", "kind"}}[name]
    _, out, _ = run(
        capfdbinary, "export", models / f"{name}.safetensors", "--to", "onnx", "-o", "-"
    )
    assert out == path.read_bytes()


def test_an_onnx_file_of_an_older_opset(models, tmp_path, capfdbinary):
    onnx = pytest.importorskip("onnx")
    file, model = tmp_path / "m.onnx", models / "kind.safetensors"
    code, _, _ = run(capfdbinary, "export", model, "--to", "onnx", "--opset", "15", "-o", file)
    assert code == 0
    assert onnx.load(file).opset_import[0].version == 15
    assert "opset is 5: give a whole number from 13 to" in refused(
        capfdbinary, "export", model, "--to", "onnx", "--opset", "5", "-o", file
    )
    assert "--opset is for --to onnx, and the format is keras: leave it out" in refused(
        capfdbinary, "export", model, "--to", "keras", "--opset", "15", "-o", file
    )


@pytest.mark.parametrize("form", ["pytorch", "keras"])
@pytest.mark.parametrize("name", ["net", "kind"])
def test_a_folder_lies_beside_the_model(form, name, models, capfdbinary):
    pytest.importorskip("torch" if form == "pytorch" else "keras")
    code, out, _ = run(capfdbinary, "export", models / f"{name}.safetensors", "--to", form)
    folder = models / f"{name}-{form}"
    files = ["model.py", "model.safetensors"] + ["preparation.py"] * (name == "kind")
    assert (code, out.decode().splitlines()) == (0, [str(folder / one) for one in files])
    assert sorted(one.name for one in folder.iterdir()) == files
    if form == "pytorch":  # test_export.py runs them all
        code = "import torch, model\nprint(tuple(model.load()(torch.zeros(1, N)).shape))"
        code = code.replace("N", "2" if name == "net" else "3")
        assert python(folder, "-c", code) == "(1, 1)\n"


def test_the_forms_are_those_of_the_parser():
    assert list(export.ENDINGS) == ["numpy", "onnx", "pytorch", "keras"]
    with pytest.raises(SystemExit) as caught:
        cli.main(["export", "m.safetensors", "--to", "fortran"])
    assert caught.value.code == 2


def test_what_the_forms_are_is_in_the_help(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["export", "--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert "Python program of one page" in told
    assert "no file format but pickle" in told


def test_what_is_refused(models, tmp_path, capfdbinary, monkeypatch):
    kind, mine = models / "kind.safetensors", tmp_path / "mine.py"
    mine.write_text("print('mine')\n")
    before = kind.read_bytes()
    for arguments, said in (
        ([tmp_path / "no.safetensors", "--to", "onnx"], "no.safetensors"),
        ([mine, "--to", "onnx"], "is not a safetensors file"),
        ([kind, "--to", "onnx", "-o", tmp_path], "is a folder: give the name of a file"),
        ([kind, "--to", "onnx", "-o", kind], "is the model itself"),
        ([kind, "--to", "numpy", "-o", mine], "mine.py is there already, and is not an export"),
        ([kind, "--to", "numpy", "-o", "/nowhere/m.py"], "/nowhere/m.py could not be written (No"),
        ([kind, "--to", "keras", "-o", "-"], "--to keras writes several files"),
        ([kind, "--to", "pytorch", "-o", mine], "File exists"),
    ):
        assert said in refused(capfdbinary, "export", *arguments)
    assert mine.read_text() == "print('mine')\n"
    assert kind.read_bytes() == before
    run(capfdbinary, "export", kind, "--to", "numpy", "-o", tmp_path / "m.py")
    assert run(capfdbinary, "export", kind, "--to", "numpy", "-o", tmp_path / "m.py")[0] == 0

    def no_onnx(name):
        if name.partition(".")[0] == "onnx":
            raise ModuleNotFoundError(name, name="onnx")
        return import_module(name)

    monkeypatch.setattr("neurona.extras.import_module", no_onnx)
    assert 'pip install "neurona[export]"' in refused(capfdbinary, "export", kind, "--to", "onnx")


def test_a_network_is_exported_without_scikit_learn(models, tmp_path):
    code = (
        "import sys\nsys.modules['sklearn'] = None\nfrom neurona import cli\n"
        f"sys.exit(cli.main(['export', {str(models / 'net.safetensors')!r}, '--to', 'numpy', "
        "'-o', 'm.py']))"
    )
    assert python(tmp_path, "-c", code) == "m.py\n"
