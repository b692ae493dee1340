"""PyTorch: code with a module, and the weights beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from textwrap import indent
from typing import Any, TypeAlias

from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export.estimator_numpy import USE_PYTORCH, preparation_code
from neurona.export.folder import SIGN, WEIGHTS, beside, write_folder
from neurona.export.model import fitted, in_units, takes_arrays
from neurona.export.parts import Part, every, form_of, parts_of, topology_of

ACTIVATIONS = {
    "linear": "nn.Identity()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "softsign": "nn.Softsign()",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU(0.01)",
    "elu": "nn.ELU()",
    "selu": "nn.SELU()",
    "gelu": 'nn.GELU(approximate="tanh")',
    "silu": "nn.SiLU()",
    "softplus": "nn.Softplus()",
    "mish": "nn.Mish()",
    "softmax": "nn.Softmax(dim=-1)",
    "exp": "Exp()",
}

# Modules that torch.nn lacks, or has with the channels before height and width.
MODULES = {
    "exp": '''class Exp(nn.Module):
    """a = e^z."""

    def forward(self, z):
        return z.exp()


''',
    "Conv2D": '''class Convolution(nn.Conv2d):
    """A convolution of images (height, width, channels)."""

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


''',
    "MaxPool2D": '''class MaxPooling(nn.MaxPool2d):
    """The largest number of each patch of images (height, width, channels)."""

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


''',
    "Concatenate": '''class Concatenate(nn.ModuleList):
    """Branches that take the same input, their outputs along the last axis."""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=-1)


''',
    "Add": '''class Add(nn.ModuleList):
    """Branches that take the same input, their outputs added up."""

    def forward(self, x):
        return sum(branch(x) for branch in self)


''',
}


def _side_by_side(name: str) -> Callable[[Part], Module]:
    def make(part: Part) -> Module:
        texts: list[str] = []
        weights: dict[str, Array] = {}
        for i, branch in enumerate(part.branches):
            lines, inner = _modules(branch)
            texts.append("nn.Sequential(\n" + indent("\n".join(lines), " " * 4) + "\n),")
            weights |= {f"{i}.{key}": array for key, array in inner.items()}
        return f"{name}([\n" + indent("\n".join(texts), " " * 4) + "\n])", weights

    return make


def _convolution(part: Part) -> Module:
    (W, b), channels, size = part.params, part.shape[-1], part.layer.size
    text = f"Convolution({channels}, {len(b)}, {size})"
    return text, {"weight": W.transpose(3, 2, 0, 1), "bias": b}


# The text of a module, and its weights by the names that it has for them.
Module: TypeAlias = tuple[str, dict[str, Array]]
ROWS: dict[str, Callable[[Any], Module]] = {
    "Dense": lambda part: (
        f"nn.Linear({part.n_in}, {part.n_out})",
        {"weight": part.params.W.T, "bias": part.params.b},
    ),
    "LayerNormalization": lambda part: (
        f"nn.LayerNorm({part.n_out}, eps={part.layer.epsilon!r})",
        {"weight": part.params.gamma, "bias": part.params.beta},
    ),
    "Conv2D": _convolution,
    "MaxPool2D": lambda part: (f"MaxPooling({part.layer.size})", {}),
    "Flatten": lambda part: ("nn.Flatten()", {}),
    "Activate": lambda part: ("nn.Identity()", {}),
    "Concatenate": _side_by_side("Concatenate"),
    "Add": _side_by_side("Add"),
}


def _modules(parts: Sequence[Part]) -> tuple[list[str], dict[str, Array]]:
    """Return the lines of a Sequential, and its weights by their names in its state."""
    lines: list[str] = []
    weights: dict[str, Array] = {}
    for part in parts:
        text, own = form_of(part.kind, ROWS, "PyTorch")(part)
        weights |= {f"{len(lines)}.{key}": array for key, array in own.items()}
        if part.activation == "linear" or part.kind != "Activate":
            lines.append(f"{text},")
        if part.activation != "linear":
            lines.append(f"{form_of(part.activation, ACTIVATIONS, 'PyTorch')},")
    return lines, weights


CODE = '''"""A network {topology}, {sign}, in PyTorch.

Its weights are in {weights}, beside this file. It needs torch and safetensors:

    from model import load

    net = load()
    outputs = net(X)  # X: a float32 tensor (n, {n_in}); outputs: (n, {n_out})
{beside}"""

from pathlib import Path

{torch}from safetensors.torch import load_file
from torch import nn

WEIGHTS = Path(__file__).with_name("{weights}")


{modules}class Net(nn.Sequential):
    def __init__(self):
        super().__init__(
{layers}
        )


def load(path=WEIGHTS):
    """Return the network with its weights, ready to predict."""
    net = Net()
    net.load_state_dict(load_file(path))
    return net.eval()
'''


def to_pytorch(
    model: Any,
    params: Any = None,
    folder: str | PathLike[str] | None = None,
    *,
    preparation: str | None = None,
) -> Path:
    """Write the network as code for PyTorch, ``model.py``, and its weights beside it.

    The code can be read and changed; its ``load()`` returns a ``torch.nn.Module`` with the weights
    of ``model.safetensors``. PyTorch is not needed to write it.

    An estimator's network goes with its preparation: ``preparation.py``, in NumPy, has
    ``prepare(table)``, which makes the network's input, and ``decide(outputs)``, which turns the
    network's outputs into classes or numbers. Its text says how the two go together. Images and
    series need none: their scaling is a layer of the network, which takes them as they are, with
    the channel, and gives probabilities in the order of ``classes_``, or numbers in the target's
    units.

    Parameters
    ----------
    model, params
        A network and its parameters, which are taken to float32; or a fitted estimator alone.
    folder
        Where to; it is made if it is not there, and an earlier export in it is replaced.
    preparation
        Code that is put beside a network, as ``preparation.py``.

    Returns
    -------
    pathlib.Path
        The path of ``model.py``.

    Raises
    ------
    ValueError
        If neurona has no export for a layer or an activation, or the parameters don't fit the
        network.
    sklearn.exceptions.NotFittedError
        If the estimator has not been fitted.
    FileExistsError
        If the folder has a ``model.py`` or a ``preparation.py`` that is not an export.
    MissingExtra
        If safetensors is not installed.

    Examples
    --------
    >>> import neurona, tempfile
    >>> net = neurona.network([2, 3, 1], "gelu", output="sigmoid")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     code = to_pytorch(net, net.init(rng=0), folder).read_text()
    >>> print(code[code.index("class"):code.index("def load")].strip())
    class Net(nn.Sequential):
        def __init__(self):
            super().__init__(
                nn.Linear(2, 3),
                nn.GELU(approximate="tanh"),
                nn.Linear(3, 1),
                nn.Sigmoid(),
            )
    """
    if not isinstance(model, Network):
        estimator, folder = fitted(model), params if folder is None else folder
        if takes_arrays(estimator):
            model, params = in_units(estimator)
        else:
            model, params = estimator.network_, estimator.params_
            preparation = preparation_code(estimator, USE_PYTORCH)
    if folder is None:
        raise ValueError("give the folder to write to: to_pytorch(net, params, folder)")
    parts = parts_of(model, params)
    lines, weights = _modules(parts)
    used = dict.fromkeys(one for part in every(parts) for one in (part.kind, part.activation))
    code = CODE.format(
        topology=topology_of(parts),
        sign=SIGN,
        weights=WEIGHTS,
        beside=beside(preparation),
        n_in=", ".join(map(str, model.in_shape)),
        n_out=", ".join(map(str, model.out_shape())),
        torch="import torch\n" if "Concatenate" in used else "",
        modules="".join(MODULES.get(one, "") for one in used),
        layers=indent("\n".join(lines), " " * 12),
    )
    return write_folder(folder, code, weights, preparation)
