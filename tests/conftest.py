"""What all tests share: pictures are drawn into files; one server and one browser for the pages."""

import os
from importlib.util import find_spec

import matplotlib as mpl
import pytest
from hypothesis import settings

mpl.use("agg")  # and not by the environment, which the notebooks' kernels would inherit
# Keras reads it once, at its import; PyTorch's backend waits for no compiler.
os.environ.setdefault("KERAS_BACKEND", "torch" if find_spec("torch") else "jax")
# What is measured is whether it is right, and a machine may be busy.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="module")
def address():
    """Return the address of a playground."""
    from pages import start, stop

    process, address = start()
    yield address
    stop(process)


@pytest.fixture(scope="module")
def browser():
    """Return Chromium, without a window."""
    from pages import CHROMIUM, FLAGS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
