"""The site: `make docs`. Sources are the repository's own pages, where their links already work."""

from __future__ import annotations

import os
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import figures  # noqa: E402 - it lies beside this file
import reference  # noqa: E402

import neurona  # noqa: E402
from neurona.web import site  # noqa: E402

project = "neurona"
author = "The neurona authors"
copyright = author  # noqa: A001 - Sphinx's name
version = release = neurona.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "numpydoc"]
root_doc = "README"
include_patterns = ["docs/**", "notebooks/*.ipynb", "README*.md", "CHANGELOG.md", "CONTRIBUTING.md"]
exclude_patterns = [".*", "build", "frontend", "output", "src", "tests", "**.ipynb_checkpoints"]

html_theme = "furo"
html_title = "neurona"
html_static_path = ["_static"]
html_css_files = ["neurona.css"]
html_additional_pages = {"index": "to_the_front_page.html"}
templates_path = ["_templates"]
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"  # browsers draw it; MathJax would be loaded from elsewhere
pygments_style = "friendly"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# The stored notebooks hold no outputs. NOTEBOOKS=off builds a draft, quickly.
nb_execution_mode = os.environ.get("NOTEBOOKS", "force")
nb_execution_timeout = 300  # seconds for each cell
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_render_markdown_format = "myst"  # with tables

autodoc_typehints = "none"  # shapes are in the docstrings
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
default_role = "code"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
nitpick_ignore_regex = [("py:.*", r"(numpy|sklearn|matplotlib)\..*")]  # no inventories: no network

CONTENTS = """
```{toctree}
:hidden:
:caption: Guide

docs/guide
docs/layers
docs/playground
docs/doctor
docs/sweep
docs/tables
docs/scikit-learn
docs/checkpoints
docs/cluster
docs/scale
docs/export
docs/gallery
```

```{toctree}
:hidden:
:caption: Lessons

docs/lesson
docs/bugs
notebooks/lesson.en
notebooks/compare.en
notebooks/bugs.en
notebooks/convolution.en
notebooks/recurrence.en
notebooks/attention.en
```

```{toctree}
:hidden:
:caption: En español

neurona, en breve <README.es>
notebooks/leccion.es
notebooks/comparar.es
notebooks/errores.es
notebooks/convolucion.es
notebooks/recurrencia.es
notebooks/atencion.es
```

```{toctree}
:hidden:
:caption: Reference

docs/reference/index
docs/architecture
docs/measurements
CONTRIBUTING
CHANGELOG
```
"""
RECORDED = """

```{raw} html
<p><a href="../recorded/index.html"><strong>Open it here</strong></a>, over recordings of the real
engine, with nothing to install.</p>
```
"""
log = logging.getLogger(__name__)
FROM_ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|source|link(?=[^>]*rel=["']?(?:stylesheet|icon|preload)))[^>]*"""
    r"""(?:src|href)=["']?(?:https?:)?//[^\s"'>]+|@import[^;]*//|url\(["']?(?:https?:)?//"""
)
SYMBOLS = {  # of the buttons of Matplotlib's animations, whose font is loaded from elsewhere
    "fa-minus": "&minus;",
    "fa-fast-backward": "«",
    "fa-step-backward": "&lsaquo;",
    "fa-play fa-flip-horizontal": "◀",
    "fa-pause": "&Vert;",
    "fa-play": "▶",
    "fa-step-forward": "&rsaquo;",
    "fa-fast-forward": "»",
    "fa-plus": "+",
}


def setup(app: Sphinx) -> None:
    """Enter what Sphinx does not bring."""
    sources = digest()
    reference.write(DOCS / "reference")
    figures.draw(DOCS / "figures", sources)
    app.add_html_math_renderer("mathml", (math, None), (math, None))
    app.add_config_value("sources", sources, "env")  # notebooks run again when the code changed
    app.connect("autodoc-process-docstring", mend, priority=400)  # before numpydoc
    app.connect("source-read", add_contents)
    app.connect("html-page-context", use_own_symbols)
    app.connect("missing-reference", reference.resolve)
    app.connect("build-finished", record_the_playground)
    app.connect("build-finished", nothing_from_elsewhere)


def add_contents(_: Sphinx, page: str, source: list[str]) -> None:
    """Let the README, which is the site's front page, lead to all pages and to the recordings."""
    if page == root_doc:
        source[0] += CONTENTS
    if page == "docs/playground":
        source[0] = source[0].replace("\n", RECORDED, 1)


def record_the_playground(app: Sphinx, error: Exception | None) -> None:
    """Write the playground over recordings beside the pages; a draft goes without."""
    if error is None and nb_execution_mode != "off":
        site.write(Path(app.outdir) / "recorded")


def digest() -> str:
    """Return what differs as soon as the code differs."""
    folder = Path(neurona.__file__).parent
    files = [DOCS / "figures.py", *sorted(folder.rglob("*.py"))]
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def mend(_: Sphinx, kind: str, __: str, thing: Any, ___: Any, lines: list[str]) -> None:
    """Make a docstring that reads well as text read well as reST."""
    lines[:] = reference.plain(lines, None if kind == "module" else thing)
    if kind == "module":  # whose sections would be chapters of the page
        text = re.sub(r"^(\w+)\n-+$", r".. rubric:: \1\n", "\n".join(lines), flags=re.MULTILINE)
        lines[:] = text.split("\n")


def math(writer: Any, node: nodes.math | nodes.math_block) -> None:
    """Write a formula as MathML."""
    block = isinstance(node, nodes.math_block)
    writer.body.append(tex2mathml(node.astext(), as_block=block))
    raise nodes.SkipNode


def use_own_symbols(_: Any, __: str, ___: str, context: dict[str, Any], ____: Any) -> None:
    """Give the buttons of an animation symbols that every font has."""
    body = context.get("body", "")
    if "font-awesome" in body:
        body = re.sub(r"<link[^>]*font-awesome[^>]*>", "", body)
        context["body"] = re.sub(
            r'<i class="fa ([^"]+)"></i>', lambda found: SYMBOLS[found[1]], body
        )


def nothing_from_elsewhere(app: Sphinx, error: Exception | None) -> None:
    """Warn of each page that would load something from the network."""
    if error is None:
        for page in sorted([*app.outdir.rglob("*.html"), *app.outdir.rglob("*.css")]):
            for found in FROM_ELSEWHERE.findall(page.read_text(encoding="utf-8")):
                log.warning("%s loads %s", page.relative_to(app.outdir), found)
