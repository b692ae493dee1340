"""Words and numbers that several findings share."""

from __future__ import annotations

from neurona.doctor.derivatives import Mismatch
from neurona.doctor.signs import LayerSigns
from neurona.language import Text


def percent(share: float) -> float:
    """Return a share as a number of percents, rounded as one reads it.

    Examples
    --------
    >>> percent(0.99613), percent(0.5), percent(0.0012)
    (99.6, 50.0, 0.12)
    """
    return round(100 * share, 1 if share >= 0.01 else 2)


def rounded(value: float) -> float:
    """Return a number with three significant digits."""
    return float(f"{value:.3g}")


def layer_name(one: LayerSigns | Mismatch) -> str:
    """Return the place of a layer, with its kind where it stands within a composition."""
    return f"{one.place} ({type(one.layer).__name__})" if "." in one.place else one.place


def layer_number(one: LayerSigns | Mismatch) -> int | None:
    """Return which of the network's layers it is, or is within; None: it is not a layer's."""
    return int(one.place.split(".")[0]) if one.place else None


NAMES = {
    "sigmoid": Text("a sigmoid", "una sigmoide"),
    "softmax": Text("a softmax", "una softmax"),
    "tanh": Text("a tanh", "una tanh"),
    "relu": Text("a ReLU", "una ReLU"),
    "softsign": Text("a softsign", "una softsign"),
    "exp": Text("an exponential", "una exponencial"),
    "linear": Text("linear", "lineal"),
}


def activation_name(name: str) -> Text:
    """Return an activation's name within a sentence."""
    return NAMES.get(name, Text(name, name))


def fixed(value: float, places: int) -> Text:
    """Return a number with so many decimals, also where they are zeros.

    Examples
    --------
    >>> fixed(0.5, 2)
    Text(en='0.50', es='0,50')
    """
    text = f"{value:,.{places}f}"
    return Text(text, text.translate(str.maketrans(".,", ",.")))


def cost_text(cost: float) -> Text | float:
    """Return a cost of a usual size with four decimals, so that two of them compare."""
    return fixed(cost, 4) if 1e-3 <= abs(cost) < 100 else rounded(cost)
