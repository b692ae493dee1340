"""Random tables through train, predict, NumPy, ONNX and a file: one answer, or one word."""

from __future__ import annotations

import gzip
import warnings

import numpy as np
import pytest

from neurona import NeuralNetClassifier, NeuralNetRegressor, export, files
from neurona.commands.tables import columns_for
from neurona.export.estimator_onnx import NO_DATE
from neurona.tables.csv import parse_csv
from neurona.tables.encoding import decoded, unpacked
from neurona.tables.file import TableError

SIGNS = ["", "NA", "?", "-", ".", "None", "<NA>", "unknown", "5o.1", "\u22123", "#N/A", "abc"]
FEWEST = {"rows": 25, "most": 60}


def number(rng):
    x = rng.lognormal(2, 2) * rng.choice([-1, 1], p=[0.2, 0.8])
    return f"{x:.{rng.integers(0, 4)}f}"


MAKE = {
    "numbers": number,
    "counts": lambda rng: str(rng.poisson(3)),
    "codes": lambda rng: rng.choice(["01", "1", "2", "A", "10E4", "1E5"]),
    "texts": lambda rng: rng.choice(["red", "green", " blue", "ñandú", 'a "b"', "x,y", "none"]),
    "towns": lambda rng: f"town {rng.integers(12)}",
    "dates": lambda rng: str(np.datetime64("2020-01-01") + int(rng.integers(0, 2000))),
    "slashed": lambda rng: str(np.datetime64("2020-01-01") + int(rng.integers(0, 999))).replace(
        "-", "/"
    ),
    "times": lambda rng: f"{rng.integers(0, 24)}:{rng.integers(0, 60):02}",
    "booleans": lambda rng: rng.choice(["TRUE", "FALSE"]),
    "constant": lambda rng: "7",
    "empty": lambda rng: "",
}


def quoted(cell, sign, alone):
    needs = (
        (alone and not cell)
        or any(one in cell for one in (sign, '"', "\n", "\r"))
        or cell != cell.strip()
    )
    return '"' + cell.replace('"', '""') + '"' if needs else cell


def table_of(rng):
    """Return columns by name, with some odd cells, and the target's."""
    n, columns = int(rng.integers(FEWEST["rows"], FEWEST["most"])), {}
    for i in range(rng.integers(1, 5)):
        make = MAKE[rng.choice(list(MAKE))]
        cells = [str(make(rng)) for _ in range(n)]
        share = rng.choice([0, 0, 0.03, 0.2])
        odd = rng.choice(SIGNS)
        cells = [odd if rng.random() < share else cell for cell in cells]
        columns[rng.choice(["a", "größe", "x y", "w.t", "n"]) + str(i)] = cells
    if rng.random() < 0.5:
        names = list(rng.choice(["yes", "no", "01", "1", "1E5", "10E4"], 3, replace=False))
        target = [str(rng.choice(names)) for _ in range(n)]
        target[:3] = names
    else:
        target = [f"{rng.normal():.4f}" for _ in range(n)]
    return columns, target


def written(rng, columns):
    """Return a table as the bytes of a file in a random layout."""
    sign = str(rng.choice([",", ";", "\t", "|"]))
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    if sign == ";" and rng.random() < 0.7:
        rows[1:] = [
            [c.replace(".", ",") if c.replace(".", "").lstrip("-").isdecimal() else c for c in row]
            for row in rows[1:]
        ]
    if rng.random() < 0.3:
        rows = [["" if k == 0 else str(k - 1), *row] for k, row in enumerate(rows)]
    end = str(rng.choice(["\n", "\r\n"]))
    always = rng.random() < 0.2
    gap = " " if rng.random() < 0.2 and sign != "\t" else ""
    cells = [
        [
            f'"{c.replace(chr(34), chr(34) * 2)}"' if always else quoted(c, sign, len(row) == 1)
            for c in row
        ]
        for row in rows
    ]
    lines = [(sign + gap).join(row) for row in cells]
    text = end.join(lines) + (end if rng.random() < 0.8 else "")
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
    data = text.encode(encoding)
    return gzip.compress(data) if rng.random() < 0.1 else data


def parsed(data):
    return parse_csv(decoded(unpacked(data)))


def fed(session, read):
    """Return the columns as the ONNX model takes them, by what its documentation says."""
    columns, feed = {column.name: column for column in read}, {}
    for one in session.get_inputs():
        column = columns[one.name]
        there = ~column.missing
        if one.type == "tensor(string)":
            cells = np.where(there, column.values, "").astype(object)
        elif one.type == "tensor(double)":
            cells = np.full(len(there), np.nan)
            cells[there] = column.values[there]
        else:
            cells = np.full(len(there), NO_DATE)
            cells[there] = column.values[there].astype("datetime64[us]").astype(np.int64)
        feed[one.name] = cells[:, None]
    return feed


def check_onnx(net, read, wanted):
    """Compare the answers of the ONNX model, whose network computes in float32."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(export.to_onnx(net).SerializeToString())
    given, *probabilities = session.run(None, fed(session, read))
    assert given.shape == wanted.shape
    if not probabilities:
        scale = max(net.targets_.scale[0], abs(wanted - net.targets_.shift[0]).max())
        np.testing.assert_allclose(given, wanted, rtol=0, atol=2e-6 * scale)
        return
    likely = net.predict_proba(read)
    np.testing.assert_allclose(probabilities[0], likely, atol=2e-6)
    first, second = np.sort(likely)[:, :-3:-1].T
    clear = first - second > 1e-5
    assert (given[clear] == wanted[clear]).all()


def check(seed, tmp_path):
    """Train on a random table; return how often it was refused, or raise where answers differ."""
    rng = np.random.default_rng(seed)
    columns, target = table_of(rng)
    kind = "classes" if target[0][:1] in "yn01" and "." not in target[0] else "numbers"
    data = written(rng, {**columns, "y": target})
    try:
        file = parsed(data)
        y = file.target("y", kind)
        table = file.select([name for name in file.names if name != "y"])[y.rows]
        make = NeuralNetClassifier if y.is_classes else NeuralNetRegressor
        net = make(4, epochs=2, networks=1, random_state=0).fit(table, y.y)
    except (TableError, ValueError) as error:
        return str(error)
    if kind == "classes":
        assert {*net.classes_.tolist()} == {one.strip() for one in target} - {""}
    new = written(rng, columns)
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    try:
        read = columns_for(net, parsed(new))
    except TableError as error:
        with pytest.raises((ValueError, KeyError)):
            space["predict"](*space["read"](new))
        return str(error)
    wanted = net.predict(read)
    assert len(wanted) == len(target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = np.asarray(space["predict"](*space["read"](new)))
    path = tmp_path / "m.safetensors"
    net.save(path)
    again = files.load(path).predict(read)
    check_onnx(net, read, wanted)
    if kind == "classes":
        assert (given == wanted).all()
        assert (again == wanted).all()
    else:
        np.testing.assert_allclose(given, wanted, rtol=1e-9)
        np.testing.assert_array_equal(again, wanted)
    return ""


@pytest.mark.parametrize("seed", range(40))
def test_a_random_table_has_one_answer_everywhere_or_is_refused(seed, tmp_path):
    check(seed, tmp_path)


@pytest.mark.long
def test_ten_thousand_random_tables(tmp_path):
    refused = [said for seed in range(10_000) if (said := check(seed, tmp_path))]
    assert len(refused) < 3_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a;b;u\n1.5;2;x\n2,5;3;x\n1.25;2;x\n", "'2,5' has another decimal sign than"),
        ("a;b;u\n" + "1.5;2;x\n" * 8 + "2,5;3;x\n", "'2,5' has another decimal sign than"),
        ('a,b,u\n"1.5"x,2,x\n2.5,3,x\n', "quotes (are )?out of order"),
        ('a,b,u\n1.5,2,"x\n2.5,3,x\n', "quotes (are )?out of order"),
        ("a,b,u,u\n1.5,2,x,x\n2.5,3,x,x\n", "named 'u'"),
        ('[{"a": 1, "b": 2}]', "not a CSV file"),
        ("<html><body>", "not a CSV file"),
        ("", "is empty"),
        ("\n\n", "is empty"),
    ],
)
def test_predict_and_the_program_refuse_the_same_tables(text, said):
    net = ab_net()
    with pytest.raises(TableError, match=said):
        columns_for(net, parsed(text.encode()))
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    with pytest.raises(ValueError, match=said):
        space["predict"](*space["read"](text.encode()))


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16", "utf-8-sig"])
def test_predict_and_the_program_read_the_same_tables(encoding):
    net, space = ab_net(), {"__name__": "model"}
    exec(export.numpy_code(net), space)
    for text in (
        'a,b,u\n"1.5" ,2,"x" \n2.5, 3,"x, y"\n',
        'u;a;b\n"x, y";1,5;2,5\n"x";2,5;3,5\n',
        'a,b,u\n1.5,2,"say ""x"" , y"\n',
    ):
        data = text.encode(encoding)
        wanted = net.predict(columns_for(net, parsed(data)))
        assert space["predict"](*space["read"](data)) == wanted.tolist()


def test_of_ten_numbers_one_with_another_decimal_sign_is_missing_in_both():
    net, space = ab_net(), {"__name__": "model"}
    exec(export.numpy_code(net), space)
    data = ("a;b;u\n" + "1.5;2;x\n" * 9 + "2,5;3;x\n").encode()
    wanted = net.predict(columns_for(net, parsed(data)))
    with pytest.warns(UserWarning, match="'2,5' is not a finite number: taken for missing"):
        assert space["predict"](*space["read"](data)) == wanted.tolist()


def ab_net():
    """Return a network of two columns of numbers; a third is constant, and not used."""
    rng = np.random.default_rng(0)
    rows = "".join(f"{rng.normal():.2f},{rng.normal():.2f},x\n" for _ in range(60))
    table = parse_csv(f"a,b,u\n{rows}")
    net = NeuralNetClassifier(4, epochs=2, networks=1, random_state=0)
    return net.fit(table.select(table.names), np.arange(60) % 2)
