"""Why a training starts over: the words of the notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurona.language import LANGUAGES, Text

if TYPE_CHECKING:
    from neurona.web.setup import Setup

_NOTICE = Text(
    "The training starts over: {what}. Undo brings back step {step}.",
    "El entrenamiento empieza de nuevo: {what}. Deshacer recupera el paso {step}.",
)
_KINDS = {
    "reseed": Text("other first weights", "otros pesos iniciales"),
    "table": Text("a table with other data", "una tabla con otros datos"),
    "point": Text("a point of a new class", "un punto de una clase nueva"),
    "erase": Text("the last point of a class is gone", "ya no queda ningún punto de una clase"),
}
_PARTS = {
    "data": Text("other data", "otros datos"),
    "inputs": Text("other inputs", "otras entradas"),
    "layers": Text("other layers", "otras capas"),
    "activation": Text("another activation", "otra función de activación"),
    "output": Text("another output", "otra salida"),
    "optimizer": Text("another optimizer", "otro optimizador"),
    "cost": Text("another cost", "otro coste"),
    "batch_size": Text("another batch size", "otro tamaño de lote"),
    "l1": Text("another L1 penalty", "otra penalización L1"),
    "l2": Text("another L2 penalty", "otra penalización L2"),
    "initializer": Text("another initializer", "otro inicializador"),
    "seed": Text("another random seed", "otra semilla"),
    "bug": Text("a bug switched on or off", "un error puesto o quitado"),
    "weights": Text("other first weights", "otros pesos iniciales"),
}
_OTHER = Text("another set-up", "otra configuración")


def restart_of(kind: str, before: Setup, after: Setup, step: int) -> dict[str, str]:
    """Return, in both languages, why a training that was at a step starts over.

    Examples
    --------
    >>> from neurona.web.setup import Setup
    >>> after = Setup.from_json({"training": {"l2": 0.1}})
    >>> restart_of("setup", Setup(), after, step=1234)["en"]
    'The training starts over: another L2 penalty. Undo brings back step 1,234.'
    """
    changed = _changed(before, after)
    what = _KINDS.get(kind) or (_PARTS.get(changed[0], _OTHER) if len(changed) == 1 else _OTHER)
    return {one: _NOTICE.say(one, what=what, step=step) for one in LANGUAGES}


def _changed(before: Setup, after: Setup) -> list[str]:
    """Return the names of the parts that differ."""
    tops = ("data", "inputs", "layers", "output", "weights", "bug")
    changed = [name for name in tops if getattr(before, name) != getattr(after, name)]
    widths = [[layer.neurons for layer in setup.layers] for setup in (before, after)]
    if "layers" in changed and widths[0] == widths[1]:
        changed[changed.index("layers")] = "activation"
    old, new = vars(before.training), vars(after.training)
    return changed + [name for name in old if old[name] != new[name]]
