"""The playground in a notebook: an anywidget whose training runs in the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakMethod

import numpy as np

from neurona.checks import check_count
from neurona.engine.activations import ACTIVATIONS
from neurona.engine.data import check_params
from neurona.engine.network import Network
from neurona.engine.state import State
from neurona.engine.types import Array, Params
from neurona.extras import require
from neurona.observe.numbers import dense_layers
from neurona.web.encoding import described, packed
from neurona.web.kernel_session import KernelSession
from neurona.web.setup import Setup
from neurona.web.task import make_task

STATIC = Path(__file__).parent / "static"
STEPS_AT_ONCE = 256  # so that the view updates, and Ctrl-C works

if not (STATIC / "widget.js").exists():
    raise ImportError("the widget is not built: npm ci && npm run build, in frontend/")


class Playground(require("anywidget", extra="notebook").AnyWidget):  # type: ignore[misc]
    """The playground of ``neurona play`` as a widget, for Jupyter, VS Code, marimo and their like.

    The training runs in a thread of the kernel. Python sees the view's choices, and the view shows
    at once what Python sets. The training pauses when its last view is closed; :meth:`close` ends
    it.

    Parameters
    ----------
    setup
        All choices, or some, as :attr:`setup` returns them. The other arguments take precedence.
    data
        The name of a data set: circles, moons, xor, gaussians, spirals, blobs, plane, wave,
        digits or memory.
    X, y
        Custom points, ``(n, 2)``, and their classes, ``(n,)`` whole numbers from 0 to 4.
    layers
        The neurons of each hidden layer; the data decide the inputs and outputs.
    activation
        One name for all hidden layers, or one for each.
    cost, optimizer, learning_rate, batch_size
        As in :func:`neurona.train`, by their names.
    seed
        The random seed of the initial weights and the batches.
    playing
        Whether to start training at once.

    Raises
    ------
    ValueError
        If a name is unknown, a value is beyond its limits, or two of them are incompatible.
    MissingExtra
        If anywidget is not installed.

    Examples
    --------
    >>> import neurona
    >>> playground = neurona.Playground(data="moons", layers=(8,), seed=1)
    >>> playground.network.topology
    (2, 8, 1)
    >>> playground.step(100)
    >>> playground.state.step
    100
    >>> playground.close()
    """

    _esm = STATIC / "widget.js"
    _css = STATIC / "widget.css"

    def __init__(
        self,
        setup: Mapping[str, Any] | None = None,
        *,
        data: str | None = None,
        X: Any = None,
        y: Any = None,
        layers: Sequence[int] | None = None,
        activation: str | Sequence[str] | None = None,
        cost: str | None = None,
        optimizer: str | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        seed: int | None = None,
        playing: bool = False,
    ) -> None:
        chosen = Setup.from_json({} if setup is None else setup).to_json()
        if data is not None:
            chosen["data"]["kind"] = data
        if X is not None or y is not None:
            if data is not None:
                raise ValueError("give the name of a data set, or X and y, but not both")
            chosen["data"] |= {"kind": "own", "points": _points(X, y)}
        if layers is not None or activation is not None:
            chosen["layers"] = _layers(chosen["layers"], _plain(layers), _plain(activation))
        training = {
            "cost": cost,
            "optimizer": optimizer,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
            "seed": seed,
        }
        chosen["training"] |= {
            name: _plain(one) for name, one in training.items() if one is not None
        }
        checked = Setup.from_json(chosen)
        make_task(checked)  # before any thread is started
        super().__init__()
        self._views: set[str] = set()
        send = WeakMethod(self._send_arrays)  # the session's threads keep no widget alive
        self._kernel_session = KernelSession(
            checked, lambda *message: (way := send()) and way(*message)
        )
        self.on_msg(self._handle)
        if playing:
            self.play()

    # ------------------------------------------------------------------------------ from Python
    @property
    def network(self) -> Network:
        """The trained network; setting another one starts over.

        A new network needs the data's inputs and outputs, and activations with names. The set-up
        decides how its weights are drawn; set :attr:`params` for others.

        Examples
        --------
        >>> import neurona
        >>> playground = neurona.Playground()
        >>> playground.network = neurona.network([2, 6, 3, 1], "relu", output="sigmoid")
        >>> playground.setup["layers"][1]["neurons"], playground.setup["layers"][1]["activation"]
        (3, 'relu')
        >>> playground.close()
        """
        return self._kernel_session.view().task.net

    @network.setter
    def network(self, net: Network) -> None:
        now = self.network
        if (net.n_in, net.n_out) != (now.n_in, now.n_out):
            raise ValueError(
                f"the network has {net.n_in} inputs and {net.n_out} outputs, "
                f"but the data want {now.n_in} and {now.n_out}"
            )
        for layer in dense_layers(net, "the pictures of the playground"):
            if ACTIVATIONS.get(layer.activation.name) != layer.activation:
                raise ValueError(f"the playground knows no activation {layer.activation.name!r}")
        self.setup = self.setup | {
            "layers": [
                {"neurons": layer.n_out, "activation": layer.activation.name}
                for layer in dense_layers(net, "the pictures of the playground")[:-1]
            ],
            "output": {"activation": net.output.name},
        }

    @property
    def params(self) -> Params:
        """The shown parameters, one ``(W, b)`` a layer, read-only.

        Setting others copies them, and training goes on from there.

        Raises
        ------
        ValueError
            If their shapes do not fit the network, or a number is not finite.

        Examples
        --------
        >>> import neurona
        >>> playground = neurona.Playground(layers=(3,))
        >>> playground.params = [(2 * W, b) for W, b in playground.params]
        >>> playground.params[0].W.shape
        (2, 3)
        >>> playground.params = []
        Traceback (most recent call last):
        ValueError: parameters for 0 layers, but the network has 2: give one (W, b) a layer, \
such as net.init or state.params
        >>> playground.close()
        """
        return self.state.params

    @params.setter
    def params(self, params: Any) -> None:
        checked = check_params(self.network, params, np.float32)
        self._kernel_session.run.set_parameters(checked)
        self._kernel_session.view()

    @property
    def state(self) -> State:
        """The training's state, as :func:`neurona.train` yields it: step, cost, params.

        Examples
        --------
        >>> import neurona
        >>> playground = neurona.Playground(learning_rate=0.1)
        >>> before = playground.state
        >>> playground.step(50)
        >>> playground.state.cost < before.cost
        True
        >>> playground.close()
        """
        return self._kernel_session.view().state

    @property
    def setup(self) -> dict[str, Any]:
        """All choices as JSON; missing parts of a new one have their defaults.

        If only learning rates differ, training goes on; otherwise it starts over.

        Raises
        ------
        ValueError
            If a part is unknown or beyond its limits, or two of them are incompatible.

        Examples
        --------
        >>> import neurona
        >>> playground = neurona.Playground()
        >>> playground.setup = {"data": {"kind": "blobs", "classes": 3}}
        >>> playground.network.topology
        (2, 4, 4, 3)
        >>> playground.setup["data"]["n"]
        300
        >>> playground.close()
        """
        return self._kernel_session.view().task.setup.to_json()

    @setup.setter
    def setup(self, setup: Mapping[str, Any]) -> None:
        make_task(Setup.from_json(setup))  # a error is raised here, and not shown in the view
        self._kernel_session.handle({"type": "setup", "setup": setup})
        self._kernel_session.greet()

    def play(self) -> None:
        """Train, until :meth:`pause`."""
        self._kernel_session.run.play()

    def pause(self) -> None:
        """Stop training.

        Examples
        --------
        >>> import neurona
        >>> playground = neurona.Playground(playing=True)
        >>> playground.pause()
        >>> playground.state.step == playground.state.step
        True
        >>> playground.close()
        """
        self._kernel_session.run.pause()

    def step(self, n: int = 1) -> None:
        """Take n steps, then pause; a diverging training stops earlier.

        Raises
        ------
        ValueError
            If n is not a positive whole number.
        """
        left = check_count("n", n)
        while left > 0:
            count = min(left, STEPS_AT_ONCE)
            self._kernel_session.run.step(count)
            left = 0 if self._kernel_session.view().diverged else left - count

    def reset(self) -> None:
        """Go back to the initial weights.

        Examples
        --------
        >>> import neurona
        >>> playground = neurona.Playground()
        >>> playground.step(3)
        >>> playground.reset()
        >>> playground.state.step
        0
        >>> playground.close()
        """
        self._kernel_session.run.reset()

    def close(self) -> None:
        """End the training, and close the view."""
        super().close()
        session = self.__dict__.get("_kernel_session")  # missing if the set-up was wrong
        if session is not None:
            session.close()

    # ---------------------------------------------------------------------------- from the view
    def _handle(self, _: Any, content: Any, buffers: Any) -> None:
        """Handle a message of a view; all views show the same."""
        kind = content.get("type") if isinstance(content, Mapping) else None
        if kind == "hello":
            self._views.add(str(content.get("view")))
            self._kernel_session.greet()
        elif kind == "bye":
            self._views.discard(str(content.get("view")))
            if not self._views:
                self.pause()
        elif kind == "frame":
            self._kernel_session.ask(content)
        elif (
            self._kernel_session.handle(content) == [] and kind == "setup" and len(self._views) > 1
        ):
            self._kernel_session.greet()  # the other views don't know of it yet

    def _send_arrays(self, content: dict[str, Any], arrays: dict[str, Array]) -> None:
        """Send a message with its arrays as buffers."""
        self.send(described(content, arrays), [memoryview(packed(a)) for a in arrays.values()])


def _plain(value: Any) -> Any:
    """Return NumPy's numbers and arrays as plain Python."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _layers(now: list[dict[str, Any]], widths: Any, activation: Any) -> list[dict[str, Any]]:
    """Return the hidden layers with new widths, new activations, or both."""
    layers = [dict(layer) for layer in now]
    if widths is not None:
        if isinstance(widths, str) or not isinstance(widths, Sequence):
            raise ValueError(f"layers is {widths!r}: give the neurons of each, such as (4, 4)")
        usual = now[0]["activation"] if now else "tanh"
        layers = [{"neurons": _plain(width), "activation": usual} for width in widths]
    if activation is not None:
        names = [activation] * len(layers) if isinstance(activation, str) else list(activation)
        if len(names) != len(layers):
            raise ValueError(
                f"{len(names)} activations for {len(layers)} hidden layers: give one name, or "
                f"{len(layers)} of them"
            )
        layers = [{**layer, "activation": name} for layer, name in zip(layers, names, strict=True)]
    return layers


def _points(X: Any, y: Any) -> list[list[Any]]:
    """Return points and their classes for a set-up."""
    if X is None or y is None:
        raise ValueError("X and y go together: give both")
    points, labels = np.asarray(X, dtype=np.float64), np.asarray(y)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"X has shape {points.shape}: give points of two columns, (n, 2)")
    if labels.shape not in ((len(points),), (len(points), 1)):
        raise ValueError(f"y has shape {labels.shape}: give one class a point, ({len(points)},)")
    if labels.dtype == bool:
        labels = labels.astype(int)
    classes = labels.ravel().tolist()
    return [[*place, one] for place, one in zip(points.tolist(), classes, strict=True)]
