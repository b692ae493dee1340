"""Shared by all tests: how they run side by side, a server and a browser for the pages."""

import gc
import os
import signal
from importlib import import_module
from importlib.util import find_spec
from mmap import ACCESS_READ, mmap
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

# Where a shell runs the tests in its background, Ctrl-C is ignored, and in what they start too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
mpl.use("agg")  # and not by the environment, which the notebooks' kernels would inherit
# Keras reads it once, at its import; PyTorch's backend waits for no compiler.
os.environ.setdefault("KERAS_BACKEND", "torch" if find_spec("torch") else "jax")
# A machine may be busy: it is judged whether an answer is right, and not when.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def compile_quickly():
    """Let XLA optimize less: a third of the seconds, for programs of which most run once.

    Tests are about the program that it is given. With XLA_FLAGS set, to nothing if need be,
    it compiles as it does for users: `make quick` does so.
    """
    if "XLA_FLAGS" in os.environ or not find_spec("jaxlib"):
        return
    os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    flags = {"xla_cpu_use_fusion_emitters": "false", "xla_cpu_parallel_codegen_split_count": "1"}
    library = Path(find_spec("jaxlib").origin).with_name("libjax_common.so")
    known = []  # an unknown flag ends the process
    if library.exists():
        with library.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as code:
            known = [flag for flag in flags if code.find(flag.encode()) >= 0]
    os.environ["XLA_FLAGS"] = " ".join(f"--{flag}={flags[flag]}" for flag in known)


compile_quickly()


def compile_seldom():
    """Let chunks of up to 16 steps share a compilation, as longer ones do up to a power of two.

    A compiled call is most of what a test of the compiled engine takes.
    """
    from neurona.engine import jax_engine

    next_power = jax_engine.longer
    jax_engine.longer = lambda n: next_power(max(n, 16))


if find_spec("jax"):
    compile_seldom()

# The longest come first, so that no core waits for another at the end.
LONG = ("test_notebooks.py", "_page.py", "test_gradients.py", "test_training.py", "test_layers.py")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep what is imported and collected out of the garbage collector's sight: it stays anyway."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # tests leave little behind, and much is alive meanwhile
    gc.enable()
    return result


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest, so that no core waits for them at the end."""
    items.sort(key=lambda item: not item.path.name.endswith(LONG))


@pytest.fixture(scope="session")
def address():
    """Return the address of a playground, which all pages share."""
    from tests.support.pages import FORGETFUL, start, stop

    process, address = start(program=("-c", FORGETFUL))
    yield address
    stop(process)


@pytest.fixture(scope="session")
def browser():
    """Return Chromium, without a window, which all tests share."""
    api = pytest.importorskip("playwright.sync_api")
    from tests.support.pages import CHROMIUM, FLAGS

    api.expect.set_options(timeout=30_000)  # a machine may be busy; what is right comes at once
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def benchmarks(monkeypatch):
    """Import a module of the benchmarks, which are not installed with the package."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent))
    return lambda name: import_module(f"benchmarks.{name}")


@pytest.fixture
def page(browser, address):
    """Return the playground's page, just opened."""
    from tests.support.pages import visited

    with visited(browser, address) as page:
        yield page


@pytest.fixture
def run():
    """Return a small run of the playground."""
    from neurona.web.run import Run
    from neurona.web.task import make_task
    from tests.support.runs import setup_of

    run = Run(make_task(setup_of()))
    yield run
    run.close()


@pytest.fixture(scope="module")
def fitted():
    """Return an estimator that has learned from a frame."""
    import pandas as pd

    from neurona import NeuralNetClassifier
    from tests.support.animals import QUICK, animals

    table, kind = animals()
    return NeuralNetClassifier(**QUICK).fit(pd.DataFrame(table), kind)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return a folder with a table, a model of its classes and one of its numbers."""
    from neurona import cli
    from tests.support.commands import pets

    folder = tmp_path_factory.mktemp("models")
    table = folder / "pets.csv"
    table.write_text(pets())
    for target, name in (("kind", "kind"), ("kilos", "kilos")):
        made = ["--output", str(folder / f"{name}.safetensors"), "--epochs", "30", "--quiet"]
        assert cli.main(["train", str(table), "--target", target, *made]) == 0
    return folder


@pytest.fixture
def file_of(tmp_path, monkeypatch):
    """Write an array and open it as a file that is too large to be read whole."""
    import numpy as np

    from neurona.engine import batches, orders, streams

    monkeypatch.setattr(batches, "LARGE", 1000)
    monkeypatch.setattr(streams, "LARGE", 1000)
    monkeypatch.setattr(orders, "BLOCK", 120)
    monkeypatch.setattr(orders, "WINDOW", 480)

    def write(array, name="x.npy"):
        np.save(tmp_path / name, array)
        return np.load(tmp_path / name, mmap_mode="r")

    return write
