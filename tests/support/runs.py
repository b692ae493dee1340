"""A small set-up, for runs that should be quick."""

from neurona.web.setup import Setup

SMALL = {"data": {"n": 40}, "layers": [{"neurons": 3}], "training": {"optimizer": "sgd"}}


def setup_of(**parts):
    return Setup.from_json({**SMALL, **parts})
