"""The map on the page: how often a set-up learns, over its settings and from several seeds.

A sweep trains for a minute or two, in a process of its own that gives way to every training; it
sends a message for some cells at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isinf, isnan, prod
from typing import Any

import numpy as np

from neurona.engine.initializers import INITIALIZERS
from neurona.sweeps.axes import between
from neurona.sweeps.result import Sweep
from neurona.sweeps.sweep import sweep_case
from neurona.web.apart import Stop, apart
from neurona.web.cures import case_of_setup
from neurona.web.errors import PlaygroundError
from neurona.web.readers import Reader, choice, list_of, number, one_of, or_none, part, whole
from neurona.web.setup import LESSON, LIMITS, OFFERED, LayerSetup, Setup

CELLS, SEEDS, STEPS = 144, 20, 5000  # the most of a sweep
WORK = 5_000_000  # steps of all its networks: 20 rates, 5 topologies and 20 seeds at 2,500
SECONDS = 180.0  # after which it ends with what is there
PAUSE = 0.25  # seconds between two messages
NICENESS = 19  # all trainings come first
VALUES = 24  # the most of an axis

_rate = number(0, 1000, above=True)
_width = whole(1, LIMITS["neurons"])
_ONE: Mapping[str, Reader] = {
    "learning_rate": _rate,
    "topology": list_of(_width, LIMITS["layers"], least=1),
    "depth": whole(1, LIMITS["layers"]),
    "initializer": one_of(sorted(INITIALIZERS)),
    "activation": one_of([name for name in OFFERED if name != "softmax"]),
    "batch_size": or_none(whole(1, LIMITS["points"])),
}
AXES = tuple(_ONE)
_anything = Reader(lambda _, given: given, None)
_OF_THE_NETWORK = ("topology", "depth")


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, at equal ratios."""

    low: float = choice(0.001, _rate)
    high: float = choice(10.0, _rate)
    count: int = choice(12, whole(2, VALUES))


@dataclass(frozen=True)
class _Axis:
    """A setting that varies, and its values or their range, which depend on the setting."""

    name: str = choice("", one_of(AXES))
    values: tuple[Any, ...] | Mapping[str, Any] = choice((), _anything)


@dataclass(frozen=True)
class Request:
    """A sweep that a page has asked for: the settings that vary, the first of them across."""

    setup: Setup
    grid: Mapping[str, tuple[Any, ...]]
    seeds: int
    steps: int


def limits() -> dict[str, Any]:
    """Return the limits of a sweep, as the page's controls take them."""
    return {
        "axes": {name: reader.limits for name, reader in _ONE.items()},
        "range": part(Range).limits,
        "cells": CELLS,
        "seeds": SEEDS,
        "steps": whole(1, STEPS).limits,
        "work": WORK,
    }


def request_of(message: Mapping[str, Any]) -> Request:
    """Check a page's message.

    Raises
    ------
    PlaygroundError
        If there is no such axis, a value is beyond its limits, or the sweep is too large.
    """
    grid = _grid(message.get("axes"))
    seeds = whole(1, SEEDS).read("seeds", message.get("seeds"))
    steps = whole(1, STEPS).read("steps", message.get("steps"))
    cells = prod(map(len, grid.values()))
    if cells > CELLS or cells * seeds * steps > WORK:
        raise PlaygroundError(
            "sweep",
            f"This map is too large: it has {cells} cells of {seeds} networks, with {steps} steps "
            f"each. {CELLS} cells fit, and {WORK:,} steps altogether.",
            f"Este mapa es demasiado grande: tiene {cells} casillas de {seeds} redes, con {steps} "
            f"pasos cada una. Caben {CELLS} casillas, y {WORK // 10**6} millones de pasos en "
            "total.",
        )
    setup = _base(Setup.from_json(message.get("setup")), grid)
    request = Request(setup, grid, seeds, steps)
    for name, values in grid.items():  # what does not fit is said before anything is trained
        for value in values:
            case_of_setup(setup_of(setup, {name: value}), steps)
    return request


def _grid(given: Any) -> dict[str, tuple[Any, ...]]:
    grid: dict[str, tuple[Any, ...]] = {}
    for axis in list_of(part(_Axis), 2, least=1).read("axes", given):
        name, values = axis.name, axis.values
        if name == "learning_rate" and isinstance(values, Mapping):
            chosen = part(Range).read("values", values)
            if not chosen.low < chosen.high:
                raise PlaygroundError(
                    "sweep",
                    f"The rates from {chosen.low:g} to {chosen.high:g} are none: the lower one "
                    "comes first.",
                    f"Entre las tasas {chosen.low:g} y {chosen.high:g} no hay ninguna: primero va "
                    "la menor.",
                )
            values = between(chosen.low, chosen.high, chosen.count)
        grid[name] = tuple(dict.fromkeys(list_of(_ONE[name], VALUES, least=1).read(name, values)))
    return grid


def _base(setup: Setup, grid: Mapping[str, Any]) -> Setup:
    """Return the set-up without what belongs to one network of the sweep only."""
    setup = replace(setup, weights=None, frozen=(), bug=None)
    if "batch_size" in grid and setup.training.optimizer == LESSON:
        raise PlaygroundError(
            "sweep",
            "The lesson's step is made for one batch size: vary another setting.",
            "El paso de la lección es para un solo tamaño de lote: varía otro ajuste.",
        )
    if "learning_rate" in grid or any(name in grid for name in _OF_THE_NETWORK):
        layers = tuple(replace(layer, learning_rate=None) for layer in setup.layers)
        setup = replace(setup, layers=layers, output=replace(setup.output, learning_rate=None))
    if not setup.layers and any(name in grid for name in _OF_THE_NETWORK):
        setup = replace(setup, layers=(LayerSetup(),))  # whose activation the others have
    return setup


def setup_of(setup: Setup, settings: Mapping[str, Any], seed: int | None = None) -> Setup:
    """Return the set-up of a cell, which trains what the sweep has trained there.

    Examples
    --------
    >>> made = setup_of(Setup(), {"topology": (8, 3), "activation": "relu"}, seed=2)
    >>> [(layer.neurons, layer.activation) for layer in made.layers], made.training.seed
    ([(8, 'relu'), (3, 'relu')], 2)
    """
    layers, own = setup.layers, dict(settings)
    widths = own.pop("topology", None) or [layer.neurons for layer in layers]
    if "depth" in own:
        widths = [max(widths)] * own.pop("depth")
    if [*widths] != [layer.neurons for layer in layers]:
        layers = tuple(replace(layers[0], neurons=width) for width in widths)
    if "activation" in own:
        layers = tuple(replace(layer, activation=own["activation"]) for layer in layers)
        del own["activation"]
    training = replace(setup.training, **own)
    if seed is not None:
        training = replace(training, seed=seed)
    return replace(setup, layers=layers, training=training)


def setup_from(message: Mapping[str, Any]) -> Setup:
    """Return the set-up of the cell and the seed that a page's message names.

    Raises
    ------
    PlaygroundError
        If a part of it does not fit.
    """
    settings = message.get("settings")
    if not isinstance(settings, Mapping):
        settings = {}
    grid = _grid([{"name": name, "values": [value]} for name, value in settings.items()])
    setup = _base(Setup.from_json(message.get("setup")), grid)
    seed = whole(0, 2**31 - 1).read("seed", message.get("seed"))
    return setup_of(setup, {name: values[0] for name, values in grid.items()}, seed)


def apart_from(request: Request, stop: Stop) -> Iterator[dict[str, Any]]:
    """Yield the messages of a sweep in another process, until it is to leave off."""
    return apart(told, request, stop=stop, seconds=2 * SECONDS, code="sweep", niceness=NICENESS)


def told(request: Request) -> Iterator[dict[str, Any]]:
    """Train, and yield a message for some cells at a time; the last one is done, or late."""
    begun, due, before = time.monotonic(), 0.0, None
    case = case_of_setup(request.setup, request.steps)
    for found in sweep_case(case, request.grid, seeds=request.seeds):
        now, done = time.monotonic(), bool(found.done.all())
        late = not done and now > begun + SECONDS
        if now < due and not (done or late):
            continue
        state = "done" if done else "late" if late else "running"
        yield {"type": "sweep", "state": state, **_news(found, before)}
        before, due = found, now + PAUSE
        if late:
            return


def _news(found: Sweep, before: Sweep | None) -> dict[str, Any]:
    """Return what is new in a map; at first, its axes too."""
    known = ~np.isnan(found.costs)
    new = known.any(axis=-1) if before is None else (known & np.isnan(before.costs)).any(axis=-1)
    content: dict[str, Any] = {
        "share": float(found.done.mean()),
        "cells": [
            {
                "at": cell,
                "costs": [_plain(cost) for cost in found.costs[cell]],
                "band": [[_finite(cost) for cost in curve] for curve in found.band(cell)],
            }
            for cell in map(tuple, np.argwhere(new).tolist())
        ],
        "zoom": _zoomed(found),
    }
    if before is None:
        content |= {
            "axes": [{"name": axis.name, "values": axis.values} for axis in found.axes],
            "seeds": found.seeds,
            "moments": found.moments,
            "below": found.below,
            "tested": found.measure != "cost",
        }
    return content


def _zoomed(found: Sweep) -> list[dict[str, Any]] | None:
    """Return the axes of a closer look at the border; None if there is none, or not yet.

    Where the border is everywhere, there are values between the old ones instead.
    """
    if not found.done.all():
        return None
    try:
        grid = found.zoomed()
        [old] = [axis.values for axis in found.axes if axis.name == "learning_rate"]
        if (grid["learning_rate"][0], grid["learning_rate"][-1]) == (old[0], old[-1]):
            grid = found.zoomed(count=2 * len(old) - 1)
    except ValueError:
        return None
    fits = len(grid["learning_rate"]) <= VALUES and prod(map(len, grid.values())) <= CELLS
    return [{"name": name, "values": one} for name, one in grid.items()] if fits else None


def _plain(cost: float) -> float | str | None:
    """Return a cost for JSON: None where it is not there, "inf" where the training diverged."""
    return None if isnan(cost) else "inf" if isinf(cost) else float(f"{cost:.4g}")


def _finite(cost: float) -> float | None:
    return float(f"{cost:.4g}") if np.isfinite(cost) else None
