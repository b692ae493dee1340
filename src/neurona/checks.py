"""Check the plain numbers that users give, once, so that no training step has to."""

from __future__ import annotations

import re
from inspect import signature
from operator import index
from typing import Any

import numpy as np

LONGEST = 100  # characters of a value in an error


def shown(value: Any) -> str:
    """Return what an error shows of a value: an array's shape, and not more of the rest than fits.

    >>> shown("adam"), shown(np.zeros((200, 2))), len(shown("adam" * 99))
    ("'adam'", '<ndarray of shape (200, 2)>', 100)
    >>> shown(shown), shown(object())  # and no address
    ('<function shown>', '<object object>')
    """
    if np.ndim(shape := getattr(value, "shape", ())) == 1 and len(shape):
        return f"<{type(value).__name__} of shape {tuple(shape)}>"
    text = re.sub(" at 0x[0-9a-f]+", "", repr(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 20]} … {text[-17:]}"


def check_topology(topology: Any) -> list[int]:
    """Return the widths as whole numbers, or explain what a topology is."""
    try:
        given = list(topology)
    except TypeError:
        raise ValueError(f"topology {shown(topology)}: give a list such as [2, 4, 8, 1]") from None
    if len(given) < 2:
        raise ValueError(
            f"topology {shown(given)}: give at least the inputs and the outputs, "
            "such as [2, 4, 8, 1]"
        )
    widths = []
    for width in given:
        try:
            whole = 0 if isinstance(width, bool) else index(width)
        except TypeError:
            whole = 0
        if whole < 1:
            raise ValueError(
                f"topology {shown(given)}: each width must be a positive whole number, "
                f"and {shown(width)} is not"
            )
        widths.append(whole)
    return widths


def check_dtype(dtype: Any) -> Any:
    """Return one of the two dtypes for training, or name them."""
    try:
        found = None if dtype is None else np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"dtype is {shown(dtype)}: it must be np.float32 or np.float64")
    return found


def check_rate(rate: Any) -> float:
    """Return a learning rate as a float, or say that it must be positive."""
    value = as_number(rate)
    if not (0 < value < float("inf")):
        raise ValueError(f"learning rate {shown(rate)}: it must be a positive number, such as 0.1")
    return value


def check_clip(clip: Any) -> float | None:
    """Return the largest norm of the gradient as a float, or say that it must be positive."""
    value = as_number(clip)
    if clip is not None and not (0 < value < float("inf")):
        raise ValueError(f"clip is {shown(clip)}: it must be a positive norm, such as 1.0, or None")
    return None if clip is None else value


def check_dropout(rate: Any) -> float:
    """Return the probability to drop as a float, or say that it is from 0 to less than 1."""
    value = as_number(rate)
    if not 0 <= value < 1:
        raise ValueError(
            f"dropout is {shown(rate)}: the probability to drop is a number from 0 to less than 1"
        )
    return value


def check_penalty(name: str, penalty: Any) -> float:
    """Return the weight of a penalty as a float, or say that it must not be negative."""
    value = as_number(penalty)
    if not (0 <= value < float("inf")):
        raise ValueError(f"{name} is {shown(penalty)}: a penalty must be a number of at least 0")
    return value


def check_share(name: str, share: Any, zero: bool = False) -> float:
    """Return a share as a float, or say that it must lie between 0 (included if ``zero``) and 1."""
    value = as_number(share)
    if not ((0 < value < 1) or (zero and value == 0)):
        where = "from 0 to below 1, such as 0.1" if zero else "between 0 and 1, such as 0.9"
        raise ValueError(f"{name} is {shown(share)}: it must be a number {where}")
    return value


def check_finite(name: str, value: Any) -> float:
    """Return a finite number as a float, or say that it is not one."""
    number = as_number(value)
    if not abs(number) < float("inf"):
        raise ValueError(f"{name} is {shown(value)}: it must be a finite number")
    return number


def check_positive(name: str, value: Any, zero: bool = False) -> float:
    """Return a finite number above 0, or 0 if ``zero``, as a float, or say what is wrong."""
    number = as_number(value)
    if not (0 < number < float("inf") or (zero and number == 0)):
        what = "a number of at least 0" if zero else "a positive number"
        raise ValueError(f"{name} is {shown(value)}: it must be {what}")
    return number


def check_fields(given: Any, **checks: Any) -> None:
    """Check the fields of a frozen dataclass when it is made.

    A number of another type than Python's becomes one of them: NumPy's would make float64 of all
    that it is multiplied with.
    """
    for name, check in checks.items():
        value = getattr(given, name)
        checked = check(name, value)
        if type(value) not in (int, float):
            object.__setattr__(given, name, checked)


def check_truth(name: str, value: Any) -> bool:
    """Return whether something is so, or say that neither True nor False was given."""
    if isinstance(value, bool | np.bool):
        return bool(value)
    raise ValueError(f"{name} is {shown(value)}: it must be True or False")


def as_number(value: Any) -> float:
    """Return a number as a float, or NaN if it is not a number."""
    try:
        no = isinstance(value, str | bytes | bool | np.bool) or np.ndim(value) > 0
        return float("nan") if no else float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def check_count(name: str, value: Any, unlimited: bool = False) -> Any:
    """Return a count of at least 1, or infinity, or say that it must be a positive whole number."""
    if unlimited and as_number(value) == float("inf"):
        return value
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is {shown(value)}: it must be a positive whole number")
    return int(value)


def check_generator(name: str, seed: Any) -> np.random.Generator:
    """Return the generator itself, or a new one from a seed, or say what a seed is."""
    try:
        truth = isinstance(seed, bool | np.bool) or (
            isinstance(seed, list | tuple) and any(isinstance(one, bool) for one in seed)
        )
        if not truth:
            return np.random.default_rng(seed)
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"{name} is {shown(seed)}: give a seed, which is a whole number of at least 0 or several "
        "of them, a numpy.random.Generator, or None"
    )


def taken(name: str, values: Any, dtype: Any) -> Any:
    """Return numbers in a dtype, or say which of them is too large for it."""
    with np.errstate(over="ignore"):
        array = np.asarray(values, dtype)
    if array.dtype != np.asarray(values).dtype and np.isinf(array).any():
        lost = np.isinf(array) & np.isfinite(np.asarray(values, np.float64))
        if lost.any():
            first = np.argwhere(lost)[0].tolist()
            raise ValueError(
                f"{name}{first or ''} is {np.asarray(values)[lost][0]}, too large for "
                f"{array.dtype}: scale {name}"
            )
    return array


RAGGED = "its rows, or the values in its cells, differ in length"


def check_array(name: str, values: Any) -> Any:
    """Return an array of numbers, of whatever dtype, or say what was given and how to mend it."""
    if isinstance(values, dict):
        raise ValueError(
            f"{name} is a {type(values).__name__}: give an array, such as "
            f"np.column_stack([*{name}.values()])"
        )
    if hasattr(values, "toarray"):
        raise ValueError(
            f"{name} is a sparse {type(values).__name__}: give {name}.toarray(), or batches of it"
        )
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} is a masked array, and {np.ma.getmaskarray(values).sum()} of its cells are "
            f"masked: drop these rows, or fill them in ({name}.filled(0))"
        )
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            array = array.astype(float)  # objects that are numbers
        elif array.dtype.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):  # JAX's
            array = array.astype(np.float32)
        if array.dtype.kind in "buif":
            return array
        error: Any = None
    except (TypeError, ValueError, RuntimeError) as caught:
        error = caught
    if hasattr(values, "detach"):
        raise ValueError(
            f"{name} is a tensor that NumPy cannot read ({error}): give "
            f"{name}.detach().cpu().float()"
        ) from None
    coded = (
        "code text as numbers first (neurona.datasets.one_hot, or np.unique(..., "
        "return_inverse=True))"
    )
    is_ragged = "inhomogeneous" in str(error)
    raise ValueError(
        f"{name} must be an array of numbers: {RAGGED if is_ragged else coded}"
    ) from None


def check_takes(what: str, function: Any, taken: str, count: int, meant: str) -> None:
    """Check that a function can be called with so many arguments, where it tells what it takes.

    >>> check_takes("initializer", lambda rng: 0, "rng, shape and gain", 3, "it returns an array")
    Traceback (most recent call last):
    ValueError: initializer <function <lambda>> cannot be called with rng, shape and gain \
(too many positional arguments): it returns an array
    """
    try:
        arguments = signature(function)
    except (TypeError, ValueError):
        return
    try:
        arguments.bind(*[None] * count)
    except TypeError as error:
        given = shown(function)
        raise ValueError(
            f"{what} {given} cannot be called with {taken} ({error}): {meant}"
        ) from None
