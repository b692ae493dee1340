"""Pages of reference for all public names, from a walk over `neurona.__all__`.

One page has one module: its text, and each of its public names. No path is written down here, so a
name that moves, comes or goes takes its place in the reference with it.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import shutil
import sys
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import neurona

READ = ("engine", "observe")  # packages that people read and use file by file
BAR = re.compile(r"\|(?=[^`]*(`[^`]*`[^`]*)*$)")  # outside of code
CITED = re.compile(r"\[(\d+)\]_")
LISTED = re.compile(r"^\.\. \[(\d+)\](.*(?:\n +.*)*)", re.MULTILINE)
places: dict[int, str] = {}  # of each object, by its identity: the name under which it is described


def write(folder: Path) -> None:
    """Write a page for each public module."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pages = dict(modules())
    for path, module in pages.items():
        sys.modules.setdefault(path, module)  # neurona.plot is a name, and its file another
        places.setdefault(id(module), path)
        for name, value in names(module).items():
            if getattr(value, "__name__", name) == name:  # and not adam = Adam
                places.setdefault(id(value), f"{path}.{name}")
    for path, module in pages.items():
        (folder / f"{path}.rst").write_text("\n".join(page(path, module)), encoding="utf-8")
    (folder / "index.rst").write_text("\n".join(index(pages)), encoding="utf-8")


def modules() -> Iterator[tuple[str, ModuleType]]:
    """Yield the public modules, each with the path that people write."""
    yield "neurona", neurona
    named = {name: getattr(neurona, name) for name in neurona.__all__}
    public = {name: value for name, value in named.items() if isinstance(value, ModuleType)}
    for name, module in public.items():
        yield f"neurona.{name}", module
    seen = set(public.values())
    for package in (public[name] for name in READ if name in public):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = import_module(found.name)
            if module not in seen and names(module):
                yield found.name, module


def names(module: ModuleType) -> dict[str, Any]:
    """Return the public names of a module that are not modules, each with its object."""
    if module is neurona:
        listed = [*module.__all__, "Playground"]  # which a star import leaves out
    elif hasattr(module, "__all__"):
        listed = module.__all__
    else:
        listed = [
            name
            for name, value in vars(module).items()
            if not name.startswith("_")
            and getattr(value, "__module__", None) == module.__name__
            and not isinstance(value, typing.TypeVar)
        ]
    found = {name: getattr(module, name) for name in listed}
    return {name: value for name, value in found.items() if not isinstance(value, ModuleType)}


def index(pages: dict[str, ModuleType]) -> Iterator[str]:
    """Yield the lines of the first page: each module, and the names in it."""
    yield from title("Reference")
    yield from ["Every public name, described by its docstring, with a link to its source.", ""]
    entries = (f"   {path.removeprefix('neurona.')} <{path}>" for path in pages)
    yield from [".. toctree::", "   :hidden:", "", *entries, ""]
    for path, module in pages.items():
        first, *_ = plain((inspect.getdoc(module) or "").splitlines() or [""])
        links = (f":obj:`{name} <{path}.{name}>`" for name in names(module))
        yield from [f":mod:`{path}`", f"   {first}", "", f"   {' · '.join(links)}", ""]


def page(path: str, module: ModuleType) -> Iterator[str]:
    """Yield the lines of a module's page."""
    yield from title(path)
    yield from [f".. automodule:: {path}", "   :no-members:", ""]
    for name, value in names(module).items():
        place = places.get(id(value))
        if place != f"{path}.{name}":
            yield from [f".. py:data:: {name}", "", f"   Another name of :obj:`{place}`.", ""]
        elif inspect.isclass(value):
            kind = "exception" if issubclass(value, BaseException) else "class"
            yield from [f".. auto{kind}:: {place}"]
            yield from [f"   :members: {', '.join(members(value))}"] * bool(members(value))
            yield ""
        elif inspect.isroutine(value):
            yield from [f".. autofunction:: {place}", ""]
        else:
            yield from constant(name, value)


def constant(name: str, value: Any) -> Iterator[str]:
    """Yield the lines on a value: its formula, or what it holds."""
    yield from [f".. py:data:: {name}", ""]
    if callable(getattr(value, "function", None)):
        text = "\n".join(plain((inspect.getdoc(value.function) or "").splitlines()))
    elif isinstance(value, dict):
        text = "By name: " + ", ".join(f"``{key}``" for key in value) + "."
    else:
        text = f"A ``{type(value).__name__}``."
    yield from (f"   {line}" for line in text.splitlines())
    yield ""


def members(kind: type) -> list[str]:
    """Return what is described of a class: its own, and what it inherits within neurona."""
    found: dict[str, None] = {}
    for base in kind.__mro__:
        for name, value in vars(base).items():
            function = getattr(value, "fget", getattr(value, "__func__", value))
            ours = str(getattr(function, "__module__", "")).startswith("neurona.")
            method = inspect.isfunction(function) and "." in function.__qualname__
            if method and ours and not name.startswith("_"):
                found[name] = None
    return sorted(name for name in found if inspect.getdoc(getattr(kind, name)))


def plain(lines: list[str], of: Any = None) -> list[str]:
    """Return a docstring as reST means it.

    |x| is a size and not a substitution. References may stand in the text of the module: there they
    become a list, and what cites them gets its own.
    """
    text = "\n".join(
        line if line.lstrip().startswith((">>>", "...")) else BAR.sub(r"\|", line) for line in lines
    )
    cited, listed = set(CITED.findall(text)), dict(LISTED.findall(text))
    for number in listed.keys() - cited:
        text = text.replace(f".. [{number}]", f"* [{number}]")
    there = dict(LISTED.findall(inspect.getdoc(inspect.getmodule(of)) or "" if of else ""))
    found = sorted((cited - listed.keys()) & there.keys()) if not listed else []
    if found:
        text += "\n\nReferences\n----------\n"
        text += "\n".join(f".. [{number}]{there[number]}" for number in found)
    for number in cited - listed.keys() - set(found):
        text = text.replace(f"[{number}]_", f"[{number}]")
    return text.split("\n")


def title(text: str) -> list[str]:
    """Return a page's title."""
    return [text, "=" * len(text), ""]


def resolve(
    _: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.Element
) -> nodes.Node | None:
    """Lead a name of the source to the place where the object is described.

    What exists and is described nowhere stays text; what does not exist is a warning.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    here = str(node.source).rpartition("docstring of ")[2].split(".")  # as the source names it
    for depth in range(len(here) + 1):
        name = ".".join([*here[:depth], target])
        found = find(name)
        if found is not None:
            domain = env.get_domain("py")
            place = places.get(id(found), name)
            made = domain.resolve_xref(
                env, node["refdoc"], env.app.builder, "obj", place, node, text
            )
            return made or text
    return None


def find(name: str) -> Any:
    """Return the object of a dotted name, or None."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
            for part in parts[cut:]:
                found = getattr(found, part)
        except (ImportError, AttributeError):
            continue
        return found
    return None
