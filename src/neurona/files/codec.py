"""Frozen dataclasses as JSON, and back: all that a model file says beside its parameters.

The type hint of a field decides its form, which is a way to write and a way to read:

========================  ==========================================================================
a layer, cost, optimizer  ``{"kind": its name, **its fields}``; so are a schedule and one of
                          several dataclasses
another dataclass         an object of its fields
an activation             the name by which it is known; so is an initializer
an array                  ``{"dtype": its name, "values": a list}``
a tuple                   a list
``Any``                   a number, a text, a list, a mapping, or one of the first row
========================  ==========================================================================

Reading makes these and nothing else, whatever the JSON is, or says in a :class:`Misfit` at which
place what is wrong.

>>> from neurona.engine.costs import Huber
>>> write, read = form_of(Cost)
>>> write(Huber(2), "cost"), read({"kind": "huber", "delta": 2.0}, "cost")
({'kind': 'huber', 'delta': 2.0}, Huber(delta=2.0))
>>> read({"kind": "huber", "delta": "2"}, "cost")
Traceback (most recent call last):
neurona.files.codec.Misfit: cost.delta is '2': it takes a finite number
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from math import isfinite
from reprlib import repr as shown  # of a file nobody knows how long
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import numpy as np

from neurona.engine.activations import ACTIVATIONS, Activation
from neurona.engine.augmentation import Augmentation
from neurona.engine.costs import COSTS, Cost
from neurona.engine.initializers import INITIALIZERS, Initializer
from neurona.engine.layers import LAYERS, Layer
from neurona.engine.optimizers import OPTIMIZERS, Optimizer
from neurona.engine.schedules import SCHEDULES, Schedule
from neurona.tables.preparation import STEPS, ColumnPreparation

DEEPEST = 50  # levels of lists and objects within one another
LARGEST = 2**63  # whole numbers stay below
NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
           "float16", "float32", "float64")  # fmt: skip
# As whole numbers of a unit, days since the beginning of 1970 say.
MOMENTS = tuple(
    f"{kind}[{unit}]"
    for kind in ("datetime64", "timedelta64")
    for unit in ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns")
)


class Misfit(ValueError):
    """A value that a file cannot hold, or does not hold as it should."""


class Form(NamedTuple):
    """How values of one type go into a file and come out of it.

    Attributes
    ----------
    write
        From a value and its place, which messages name, to what JSON can hold.
    read
        From anything that JSON can hold, and its place, to a value.
    """

    write: Callable[[Any, str], Any]
    read: Callable[[Any, str], Any]


class Known(NamedTuple):
    """Things that a file holds by their names."""

    what: str
    names: Mapping[str, Any]
    advice: str = ""

    def no_name(self, value: Any) -> Misfit:
        """Return the error of a value that is not among them."""
        return Misfit(
            f"the {self.what} {value} is not known by its name, and a file holds names and "
            f"numbers, not code: choose one of {', '.join(self.names)}{self.advice}"
        )

    def find(self, name: Any, where: str) -> Any:
        """Return what has a name, or raise the error of a name that is not known."""
        if isinstance(name, str) and name in self.names:
            return self.names[name]
        raise Misfit(
            f"{where} is the {self.what} {shown(name)}, which this neurona does not know: it may "
            "come from a newer version, or from a program that defines it"
        )


NAMED = {
    Activation: Known("activation", ACTIVATIONS, ", or register it with @neurona.activation"),
    Initializer: Known("initializer", INITIALIZERS),
}
FAMILIES = {
    Layer: Known("layer", LAYERS),
    Cost: Known("cost", COSTS, ", or save without it"),
    Optimizer: Known("optimizer", OPTIMIZERS),
    Schedule: Known("schedule", SCHEDULES),
    ColumnPreparation: Known("column", STEPS),
}


@cache
def form_of(hint: Any) -> Form:
    """Return the form of the values that a type hint allows."""
    if hint in _EXACT:
        return _EXACT[hint]
    if is_dataclass(hint):
        return _record(hint)
    origin = get_origin(hint)
    if hasattr(origin, "__value__"):  # an alias of the type statement: NDArray, from NumPy 2.5 on
        return form_of(origin.__value__[get_args(hint)])
    make = _BY_ORIGIN.get(origin)
    return Form(_is_code, _is_code) if make is None else make(get_args(hint))


# --------------------------------------------------------------------------------- simple values

SIMPLE: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "a text",
    NoneType: "nothing",
}


def _fits(value: Any, type_: Any) -> bool:
    """Tell whether a value is of a simple type; a whole number may stand for a float."""
    if type_ is float and type(value) is float:
        return isfinite(value)
    if type_ in (int, float) and type(value) is int:
        return -LARGEST < value < 2 * LARGEST
    return type(value) is type_


def _simple(type_: Any) -> Form:
    def convert(value: Any, where: str) -> Any:
        value = value.item() if isinstance(value, np.generic) else value
        if not _fits(value, type_):
            raise Misfit(f"{where} is {shown(value)}: it takes {SIMPLE[type_]}")
        return None if type_ is NoneType else type_(value)

    return Form(convert, convert)


def _one_of(values: tuple[Any, ...]) -> Form:
    def check(value: Any, where: str) -> Any:
        if isinstance(value, str) and value in values:
            return value
        raise Misfit(f"{where} is {shown(value)}: it takes one of {', '.join(values)}")

    return Form(check, check)


def _is_code(value: Any, where: str) -> Any:
    raise Misfit(
        f"{where} is {shown(value)}: a file holds finite numbers, texts and known names, not code"
    )


def _name(known: Known) -> Form:
    def write(value: Any, where: str) -> str:
        for name, one in known.names.items():
            if one is value or (isinstance(one, Activation) and one == value):
                return name
        raise known.no_name(repr(getattr(value, "name", getattr(value, "__name__", value))))

    return Form(write, known.find)


# ----------------------------------------------------------------------------------- dataclasses


def _record(class_: Any) -> Form:
    """Return the form of a dataclass: an object of its fields."""
    try:
        hints = get_type_hints(class_)
    except NameError as error:  # of a class within a function
        raise Misfit(
            f"the fields of {class_.__name__} have types that are not found: {error}"
        ) from error
    forms = {one.name: form_of(hints[one.name]) for one in fields(class_)}
    needed = [
        one.name
        for one in fields(class_)
        if one.default is MISSING and one.default_factory is MISSING
    ]

    def write(value: Any, where: str) -> dict[str, Any]:
        if type(value) is not class_:
            raise Misfit(f"{where} is {shown(value)}: it takes a {class_.__name__}")
        return {
            name: form.write(getattr(value, name), f"{where}.{name}")
            for name, form in forms.items()
        }

    def read(data: Any, where: str) -> Any:
        given = checked(data, dict, where, "an object of fields")
        for name in needed:
            if name not in given:
                raise Misfit(f"{where}.{name} is missing")
        for name in given:
            if name not in forms:
                raise Misfit(f"{where} has no field {shown(name)}: there are {', '.join(forms)}")
        values = {name: forms[name].read(one, f"{where}.{name}") for name, one in given.items()}
        try:
            return class_(**values)
        except (TypeError, ValueError, OverflowError) as error:
            raise Misfit(f"{where}: {error}") from error

    return Form(write, read)


def _kind(known: Known) -> Form:
    """Return the form of one of several dataclasses, told by its kind."""

    def write(value: Any, where: str) -> dict[str, Any]:
        for name in known.names:
            if type(value) is known.names[name]:
                return {"kind": name, **form_of(known.names[name]).write(value, where)}
        raise known.no_name(type(value).__name__)

    def read(data: Any, where: str) -> Any:
        given = checked(data, dict, where, "an object with a kind")
        class_ = known.find(given.get("kind"), where)
        return form_of(class_).read({k: given[k] for k in given if k != "kind"}, where)

    return Form(write, read)


def checked(data: Any, type_: Any, where: str, expected: str) -> Any:
    """Return a value of a type, or say that its place takes another."""
    if not isinstance(data, type_):
        raise Misfit(f"{where} is {shown(data)}: it takes {expected}")
    if where.count(".") > DEEPEST:
        raise Misfit(f"{where[:99]}… is too deep: neurona reads {DEEPEST} levels")
    return data


# ------------------------------------------------------------------------------ several values


def _tuple(types: tuple[Any, ...]) -> Form:
    """Return the form of a tuple: of so many items, or of any number of one type."""
    forms = [form_of(one) for one in types if one is not Ellipsis]
    any_length = Ellipsis in types

    def each(values: Any, where: str) -> Any:
        if not any_length and len(values) != len(forms):
            raise Misfit(f"{where} has {len(values)} items: it takes {len(forms)}")
        several = forms * len(values) if any_length else forms
        return zip(several, values, (f"{where}.{i}" for i in range(len(values))), strict=True)

    def write(values: Any, where: str) -> list[Any]:
        values = checked(values, list | tuple | np.ndarray, where, "several values")
        return [form.write(one, place) for form, one, place in each(values, where)]

    def read(data: Any, where: str) -> tuple[Any, ...]:
        data = checked(data, list, where, "a list")
        return tuple(form.read(one, place) for form, one, place in each(data, where))

    return Form(write, read)


def _object(types: tuple[Any, ...]) -> Form:
    """Return the form of a mapping from texts to values of one type."""
    form = form_of(types[1])

    def write(values: Any, where: str) -> dict[str, Any]:
        return {key: form.write(value, f"{where}.{key}") for key, value in values.items()}

    def read(data: Any, where: str) -> dict[str, Any]:
        given = checked(data, dict, where, "an object")
        return {key: form.read(value, f"{where}.{key}") for key, value in given.items()}

    return Form(write, read)


def _either(types: tuple[Any, ...]) -> Form:
    """Return the form of one of several types: of several dataclasses, or the first that fits."""
    classes = {getattr(one, "__name__", ""): one for one in types if is_dataclass(one)}
    if len(classes) > 1:
        return _kind(Known("value", classes))
    forms = [form_of(one) for one in types]

    def first(which: int) -> Callable[[Any, str], Any]:
        def convert(value: Any, where: str) -> Any:
            errors = []
            for form in forms:
                try:
                    return form[which](value, where)
                except Misfit as error:
                    errors.append(error)
            raise errors[0]

        return convert

    return Form(first(0), first(1))


def _write_array(array: Any, where: str) -> dict[str, Any]:
    values, name = array.tolist(), array.dtype.name
    if array.dtype.kind == "U":
        name = "text"
    elif name == "object" and all(isinstance(one, str) for one in values):
        values = [*map(str, values)]  # some may be NumPy's
    elif name in MOMENTS:
        values = array.astype(np.int64).tolist()
    elif name not in (*NUMBERS, "bool"):
        raise Misfit(
            f"{where} is of {array.dtype}: a file holds texts, numbers, dates, durations and truths"
        )
    return {"dtype": name, "values": values}


def _read_array(data: Any, where: str) -> Any:
    given = checked(data, dict, where, "an array")
    if given.keys() != {"dtype", "values"}:
        raise Misfit(f"{where} is not described by dtype and values")
    dtype, values = _ARRAY.read(given["dtype"], f"{where}.dtype"), given["values"]
    forms = {"text": str, "object": str, "bool": bool}
    type_ = forms.get(dtype, float if dtype.startswith("float") else int)
    values = checked(values, list, where, "a list of values")
    if not all(type(one) is type_ and _fits(one, type_) for one in values):
        raise Misfit(f"{where} holds a value that is not {SIMPLE[type_]}")
    try:
        made = np.array(values, dtype=str if dtype == "text" else dtype)
    except OverflowError:
        made = np.array(None)
    plain = made.astype(np.int64) if dtype in MOMENTS else made
    if plain.tolist() != values:
        raise Misfit(f"{where} holds a value that is not of {dtype}")
    return made


_ARRAY = _one_of((*NUMBERS, *MOMENTS, "bool", "text", "object"))

# ----------------------------------------------------------------------- values of unknown types

# Live: a cost or an optimizer that is registered later is found, too.
_ANY_KIND = _kind(
    Known("value", ChainMap(COSTS, OPTIMIZERS, LAYERS, SCHEDULES, {"Augmentation": Augmentation}))
)


def _write_any(value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        items = form_of(tuple[tuple[Any, Any], ...]).write(tuple(value.items()), where)
        return {"kind": "dict", "items": items}
    if isinstance(value, list | tuple | np.ndarray):
        return form_of(tuple[Any, ...]).write(value, where)
    if isinstance(value, Augmentation):
        return _ANY_KIND.write(value, where)
    fits = {
        Activation: isinstance(value, Activation),
        Initializer: callable(value) and value in INITIALIZERS.values(),
        Cost: hasattr(value, "link"),
        Optimizer: type(value) in OPTIMIZERS.values(),
        Schedule: type(value) in SCHEDULES.values(),
        Layer: isinstance(value, Layer),
    }
    for hint, it_does in fits.items():
        if it_does:
            return form_of(hint).write(value, where)
    return _simple_value(value, where)


def _read_any(data: Any, where: str) -> Any:
    if isinstance(data, list):
        return form_of(tuple[Any, ...]).read(data, where)
    if isinstance(data, dict) and data.keys() == {"kind", "items"} and data["kind"] == "dict":
        pairs = form_of(tuple[tuple[Any, Any], ...]).read(data["items"], where)
        return {_simple_value(key, where): value for key, value in pairs}
    return _ANY_KIND.read(data, where) if isinstance(data, dict) else _simple_value(data, where)


def _simple_value(value: Any, where: str) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return value if any(_fits(value, type_) for type_ in SIMPLE) else _is_code(value, where)


_EXACT: dict[Any, Form] = {
    Any: Form(_write_any, _read_any),
    **{type_: _simple(type_) for type_ in SIMPLE},
    **{hint: _name(known) for hint, known in NAMED.items()},
    **{hint: _kind(known) for hint, known in FAMILIES.items()},
}
_BY_ORIGIN: dict[Any, Callable[[tuple[Any, ...]], Form]] = {
    Literal: _one_of,
    np.ndarray: lambda _: Form(_write_array, _read_array),
    tuple: _tuple,
    Sequence: lambda types: _tuple((*types, ...)),
    dict: _object,
    Union: _either,
    UnionType: _either,
}
