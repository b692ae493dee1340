"""The lessons on layers: what their programs compute is right, and what they say of it is so."""

import ast
import re

import nbformat
import numpy as np
import pytest

import neurona
from tests.test_notebooks import (
    answers,
    cells,
    execute,
    no_error_and_no_warning,
    numbers,
    pictures,
    printed,
    read,
    shape,
)

PAIRS = {
    "convolution": ["convolucion.es.ipynb", "convolution.en.ipynb"],
    "recurrence": ["recurrencia.es.ipynb", "recurrence.en.ipynb"],
    "attention": ["atencion.es.ipynb", "attention.en.ipynb"],
}
PICTURES = {"convolution": 5, "recurrence": 3, "attention": 2}


def code(source):
    """The code of a cell, its texts and comments aside."""
    tree = ast.parse(re.sub(r"^(\s*)%pip .*", r"\1pass", source, flags=re.M))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = [one for one in node.values if isinstance(one, ast.FormattedValue)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize("lesson", PAIRS)
def test_both_languages_have_the_same_cells_and_code(lesson):
    spanish, english = map(read, PAIRS[lesson])
    assert shape(spanish) == shape(english)
    for notebook in (spanish, english):
        nbformat.validate(notebook)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
        assert all(not cell.outputs for cell in cells(notebook, "code"))
    for one, other in zip(cells(spanish, "code"), cells(english, "code"), strict=True):
        assert code(one.source) == code(other.source)
    assert len(answers(spanish)) == 3
    for one, other in zip(answers(spanish), answers(english), strict=True):
        assert code(one) == code(other)


@pytest.mark.parametrize("lesson", PAIRS)
def test_links_lead_to_notebooks_in_the_same_language(lesson):
    others = {name for pair in PAIRS.values() for name in pair}
    for name in PAIRS[lesson]:
        text = "\n".join(cell.source for cell in cells(read(name), "markdown"))
        linked = set(re.findall(r"\]\((\S+\.ipynb)\)", text))
        assert linked == {one for one in others - {name} if one[-9:-6] == name[-9:-6]}


# ---- The programs, without their trainings -------------------------------------------------------


def program(lesson):
    """The definitions of the lesson's program."""
    written = {"np": np}
    for cell in cells(read(PAIRS[lesson][0]), "code", "program"):
        tree = ast.parse(cell.source)
        tree.body = [one for one in tree.body if not isinstance(one, ast.For | ast.Expr)]
        exec(compile(tree, lesson, "exec"), written)
    return written


def same(layer, theirs, x, dy, names):
    """Compare a lesson's layer with the library's, which has its parameters."""
    params = theirs.Params(*(getattr(layer, name) for name in names))
    y, pullback = theirs.forward(params, x)
    np.testing.assert_allclose(layer.forward(x), y, atol=1e-12)
    dx, (*gradient,) = layer.backward(dy), pullback(dy)[1]
    for name, d in zip(names, gradient, strict=True):
        np.testing.assert_allclose(getattr(layer, "d" + name), d, atol=1e-11)
    return dx, pullback(dy)[0]


def test_convolution_and_pooling_are_the_library_s():
    written, rng = program("convolution"), np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 6, 5, 2)), rng.normal(size=(2, 4, 3, 4))
    layer = written["Conv"](3, 2, 4, rng)
    np.testing.assert_allclose(*same(layer, neurona.Conv2D(4), x, dy, ("W", "b")), atol=1e-12)
    np.testing.assert_allclose(
        written["convolve_loops"](x, layer.W, layer.b), layer.forward(x), atol=1e-12
    )
    pool, x = written["MaxPool"](), rng.integers(0, 3, (2, 4, 6, 3)).astype(float)  # with ties
    y, pullback = neurona.MaxPool2D().forward((), x)
    np.testing.assert_array_equal(pool.forward(x), y)
    np.testing.assert_allclose(pool.backward(y), pullback(y)[0])


def test_recurrences_are_the_library_s():
    written, rng = program("recurrence"), np.random.default_rng(0)
    x, dy = rng.normal(size=(3, 7, 4)), rng.normal(size=(3, 5))
    same(written["Simple"](4, 5, rng), neurona.SimpleRNN(5), x, dy, ("W", "U", "b"))
    same(written["GRU"](4, 5, rng, keep=1.0), neurona.GRU(5), x, dy, ("W", "U", "b", "c"))


def test_attention_is_the_library_s_in_sixty_lines():
    written, rng = program("attention"), np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 5, 4))
    layer = written["Attention"](4, rng)
    side_by_side = np.concatenate([layer.Wq, layer.Wk, layer.Wv], axis=1)
    theirs = neurona.MultiHeadAttention(heads=1, causal=True)
    params = theirs.Params(side_by_side, np.zeros(12), np.eye(4), np.zeros(4))
    y, pullback = theirs.forward(params, x)
    dx, gradient = pullback(dy)
    np.testing.assert_allclose(layer.forward(x), y, atol=1e-12)
    np.testing.assert_allclose(layer.backward(dy), dx, atol=1e-12)
    ours = np.concatenate([layer.dWq, layer.dWk, layer.dWv], axis=1)
    np.testing.assert_allclose(ours, gradient.W, atol=1e-12)

    lines = 0
    for cell in cells(read("attention.en.ipynb"), "code", "program"):
        for node in ast.parse(cell.source).body:
            if getattr(node, "name", "draw") not in ("draw", "text"):
                segment = ast.get_source_segment(cell.source, node).splitlines()
                lines += sum(bool(line.strip()) for line in segment)
    assert 55 <= lines <= 60


# ---- As executed: with their trainings, a minute in all ------------------------------------------

long = pytest.mark.long


def executed(lesson):
    @pytest.fixture(scope="module", params=PAIRS[lesson])
    def fixture(request, tmp_path_factory):
        notebook = execute(request.param, tmp_path_factory.mktemp("notebook"))
        no_error_and_no_warning(notebook)
        pictures(notebook, PICTURES[lesson])
        checked = printed(only(notebook, "check"))
        errors = [float(text) for text in re.findall(r"error (\de-\d+)", checked)]
        assert len(errors) >= 3
        assert max(errors) < 1e-7
        return notebook

    return fixture


convolution, recurrence, attention = map(executed, PAIRS)


def only(notebook, tag):
    cell, *_ = cells(notebook, "code", tag)
    return cell


def shares(notebook, tag):
    """The percentages that a cell prints, a row each line."""
    lines = printed(only(notebook, tag)).splitlines()
    rows = [[float(one) for one in re.findall(r"([\d.]+)%", line)] for line in lines]
    return [row for row in rows if row]


def differences(notebook):
    return [float(one) for one in re.findall(r"\de[+-]\d+", printed(only(notebook, "library")))]


@long
def test_convolution_tells_what_the_pixels_places_are_worth(convolution):
    assert np.array(re.findall(r"\d+", printed(only(convolution, "by-hand"))), int).tolist() == [
        0, 10, 0, 0, 5, 5,
    ]  # fmt: skip
    ((learned, tested),) = shares(convolution, "trained")
    assert learned > 97
    assert tested > 90
    (dense, _), (dense_shuffled, _), (image, _), (shuffled, _) = shares(convolution, "shuffle")
    assert abs(dense - dense_shuffled) < 1.5
    assert image > dense > shuffled
    assert 2 < image - shuffled < 6
    assert max(differences(convolution)) < 1e-10
    wrong = printed(cells(convolution, "code", "answer")[1])
    assert re.findall(r"d(\w)   error \de-0", wrong) == ["x"]


@long
def test_recurrence_measures_how_the_gradient_vanishes(recurrence):
    small, usual, large = (
        [float(one) for one in re.findall(r"\de[+-]\d+", line)]
        for line in printed(only(recurrence, "vanish")).splitlines()
    )
    assert small[2] < 1e-14
    assert usual[2] < 1e-3
    assert large[2] > 1
    ((*simple,),) = shares(recurrence, "played")
    half, nearly = shares(recurrence, "opened")
    assert simple[:2] == [100, 100]
    assert simple[2] < 95
    assert max(simple[3], half[2], half[3]) < 40
    assert min(nearly) > 95
    lost, kept = shares(recurrence, "kept")
    assert lost[0] > 95
    assert lost[3] < 50
    assert min(kept) > 95
    assert max(differences(recurrence)) < 1e-12


@long
def test_attention_needs_its_mask_and_its_positions(attention):
    first, second, guess = numbers(only(attention, "learned"))
    assert guess - 0.02 < first < guess + 0.05
    assert second < 0.02
    assert shares(attention, "written") == [[100]]
    whole, unmasked, unordered = shares(attention, "without")
    assert whole[0] < 15
    assert whole[1:] == [100, 100]
    assert unmasked[:2] == [100, 100]
    assert unmasked[2] < 98
    assert max(unordered) < 40
    assert max(differences(attention)) < 1e-12
