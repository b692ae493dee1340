"""PyTorch: code with a module and the weights beside it; and back from a Sequential."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from os import PathLike
from pathlib import Path
from typing import Any

from neurona.engine.network import Network
from neurona.engine.types import Array, Params
from neurona.export.estimator_numpy import USE_PYTORCH, preparation_code
from neurona.export.folder import SIGN, WEIGHTS, beside, write_folder
from neurona.export.model import fitted
from neurona.export.parts import form_of, network_of, parts_of, topology_of
from neurona.export.recognition import Chain
from neurona.extras import require

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

# What torch.nn has no module for.
MODULES = {
    "exp": '''class Exp(nn.Module):
    """a = e^z."""

    def forward(self, z):
        return z.exp()


''',
}

CODE = '''"""A network {topology}, {sign}, in PyTorch.

Its weights are in {weights}, beside this file. It needs torch and safetensors:

    from model import load

    net = load()
    answers = net(X)  # X: a float32 tensor (n, {n_in}); answers: (n, {n_out})
{beside}"""

from pathlib import Path

from safetensors.torch import load_file
from torch import nn

WEIGHTS = Path(__file__).with_name("{weights}")


{modules}class Net(nn.Sequential):
    def __init__(self):
        super().__init__(
{layers}
        )


def load(path=WEIGHTS):
    """Return the network with its weights, ready to answer."""
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
    network's outputs into classes or numbers. Its text says how the two go together.

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
        model, params = estimator.network_, estimator.params_
        preparation = preparation_code(estimator, USE_PYTORCH)
    if folder is None:
        raise ValueError("give the folder to write to: to_pytorch(net, params, folder)")
    parts = parts_of(model, params)
    lines: list[str] = []
    weights: dict[str, Array] = {}
    for part in parts:
        weights[f"{len(lines)}.weight"] = part.W.T
        weights[f"{len(lines)}.bias"] = part.b
        lines.append(f"nn.Linear({part.n_in}, {part.n_out}),")
        if part.normal:
            weights[f"{len(lines)}.weight"], weights[f"{len(lines)}.bias"] = part.normal[:2]
            lines.append(f"nn.LayerNorm({part.n_out}, eps={part.normal.epsilon!r}),")
        if part.activation != "linear":
            lines.append(f"{form_of(part.activation, ACTIVATIONS, 'PyTorch')},")
    code = CODE.format(
        topology=topology_of(parts),
        sign=SIGN,
        weights=WEIGHTS,
        beside=beside(preparation),
        n_in=model.n_in,
        n_out=model.n_out,
        modules="".join(
            MODULES.get(name, "") for name in dict.fromkeys(p.activation for p in parts)
        ),
        layers="\n".join(" " * 12 + line for line in lines),
    )
    return write_folder(folder, code, weights, preparation)


def from_pytorch(module: Any) -> tuple[Network, Params]:
    """Return a network and parameters that answer as a module of PyTorch does in ``eval()``.

    Parameters
    ----------
    module
        A ``torch.nn.Sequential`` of ``Linear`` and activations, or a ``Linear`` alone. Sequentials
        may hold others. ``Dropout`` and ``Identity`` do nothing to an answer and are left out.

    Returns
    -------
    net, params
        A network, and its parameters in float32, which are copies.

    Raises
    ------
    ValueError
        If something in it is neither dense nor one of neurona's activations, if an activation
        stands where neurona has no place for it, or if widths don't fit one another.

    Notes
    -----
    An activation is recognised by what it does: ``GELU()`` is refused, for it is the exact one, and
    ``GELU(approximate="tanh")`` is neurona's.

    Examples
    --------
    >>> from torch import nn  # doctest: +SKIP
    >>> net, params = from_pytorch(nn.Sequential(nn.Linear(2, 3), nn.Tanh()))  # doctest: +SKIP
    >>> net.topology, net.output.name  # doctest: +SKIP
    ((2, 3), 'tanh')
    """
    torch = require("torch", "bench")
    nn = torch.nn
    if not isinstance(module, nn.Module):
        raise ValueError(f"{type(module).__name__} is no module of PyTorch: give a nn.Sequential")
    chain = Chain()
    for path, child in _flat(module, nn.Sequential):
        name = type(child).__name__ if [*child.children()] else str(child)  # that has many lines
        what = f"{path} {name}".strip()
        if isinstance(child, nn.Linear) and type(child).forward is nn.Linear.forward:
            if nn.parameter.is_lazy(child.weight):
                raise ValueError(f"{what} has no weights yet: let it answer once")
            bias = None if child.bias is None else _numbers(child.bias)
            chain.dense(_numbers(child.weight).T, bias, what)
        elif [*child.parameters(), *child.buffers()] or [*child.children()]:
            raise ValueError(f"{what} is not dense: neurona takes a Sequential of Linear layers")
        else:
            chain.activation(_answer(torch, child), what)
    return network_of(chain.finished(type(module).__name__))


def _flat(module: Any, sequential: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Go through a Sequential, and those in it, if they are no more than that."""
    if isinstance(module, sequential) and type(module).forward is sequential.forward:
        for name, child in module.named_children():
            yield from _flat(child, sequential, f"{path}.{name}" if path else name)
    else:
        yield path, module


def _numbers(tensor: Any) -> Array:
    numbers: Array = tensor.detach().cpu().float().numpy()
    return numbers


def _answer(torch: Any, module: Any) -> Any:
    quiet = deepcopy(module).eval()  # a Dropout that is training would throw dice

    def answer(z: Array) -> Array:
        with torch.no_grad():
            return _numbers(quiet(torch.from_numpy(z)))

    return answer
