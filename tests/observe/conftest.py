"""A place to draw on, and what is drawn without a screen."""

import matplotlib as mpl
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure


@pytest.fixture
def headless():
    with mpl.rc_context():
        pyplot.switch_backend("agg")
        before = dict(mpl.rcParams)
        yield
        assert dict(mpl.rcParams) == before  # no picture touches the user's style
    pyplot.close("all")


@pytest.fixture
def ax():
    return Figure(figsize=(4, 4)).add_subplot()
