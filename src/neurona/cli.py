"""The command ``neurona``."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from neurona import __version__
from neurona.commands import FAILED, INTERRUPTED, READER_LEFT, WRONG, NotWritten

# The names are written out, so that `neurona --help` need not import NumPy; a test compares them.
DEMOS = ("circles", "moons", "xor", "gaussians", "spirals", "blobs", "digits")
COSTS = ("cross_entropy", "mse", "mae", "huber", "poisson", "pinball")  # of neurona train
EXAMPLES = """\
examples:
  neurona demo circles                              the lesson's network on the lesson's circles
  neurona demo circles --topology 4,8,16,8,4        deeper
  neurona demo spirals --arms 5 --activation gelu   five arms, five classes
  neurona demo moons --optimizer sgd --learning-rate 0.5,0.2,0.1
  neurona demo digits --engine jax                  real handwritten digits, compiled
  neurona demo tutorial                             why the deep network of the lesson stands still
"""
TABLES = """\
examples:
  neurona train penguins.csv --target species
  neurona train houses.csv --target price --output houses.safetensors
  neurona train houses.csv --target price --cost pinball --quantile 0.9
  neurona predict model.safetensors new.csv -o answers.csv
  neurona predict model.safetensors new.parquet -o answers.parquet
  neurona evaluate model.safetensors more.csv --html report.html
  neurona inspect model.safetensors
  neurona export model.safetensors --to onnx
"""
FORMS = """\
Write a model in another form, for where neurona is not. A model from a table takes the table's
columns as they are.

  numpy    a Python program of one page, to be read, that needs NumPy alone; it reads a CSV file
  onnx     a file for ONNX Runtime, from many languages and in a browser; an input a column
  pytorch  a folder: code, weights beside it, and a table's preparation, in NumPy
  keras    the same for Keras 3

scikit-learn's MLP has no file but a pickle: in Python, neurona.export.to_sklearn makes one.
"""
EXITS = """\
exit codes:
  0    done
  1    failed while it ran: a training diverged, a disk was full
  2    wrong use or wrong input: an option, a table, a model, a package that is missing
  130  interrupted by Ctrl-C
  141  whoever read the output has left
"""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code; ``neurona --help`` tells what each means."""
    given = parser().parse_args(arguments)
    try:
        code: int = given.run(given)
        _flush()  # here, where a reader who has left is no error yet
    except BrokenPipeError:  # as with head: whoever read has had enough
        with suppress(OSError):
            _flush()
        return READER_LEFT
    except (ValueError, OSError, ImportError) as error:
        if isinstance(error, ImportError) and type(error).__name__ != "MissingExtra":
            raise
        with suppress(OSError):
            _flush()
        failed = isinstance(error, NotWritten) or getattr(error, "errno", None) in NO_ROOM
        print(f"neurona: error: {_in_words(error)}", file=sys.stderr)
        return FAILED if failed else WRONG
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _in_words(error: Exception) -> str:
    """Return what the error says; the system's own number for a full disk says little."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return f"the output could not be written ({error.strerror})"
    return str(error)


def _flush() -> None:
    """Print all that is to be printed; where that fails, it is not tried again at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="neurona",
        description="A neural network from scratch: read it, watch it, use it.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"neurona {__version__}")
    commands = top.add_subparsers(metavar="command", required=True)
    demo = commands.add_parser(
        "demo",
        help="train a network before your eyes",
        description="Train a network on a data set, show it, and leave a picture and a film.",
        epilog=f"{EXAMPLES}\n{EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    demo.add_argument("data", choices=(*DEMOS, "tutorial"), help="what to learn")
    network = demo.add_argument_group("network")
    network.add_argument(
        "--topology", type=_numbers(int), metavar="4,8", help="widths of the hidden layers"
    )
    network.add_argument(
        "--activation",
        type=_names,
        metavar="NAME[,NAME…]",
        help="of the hidden layers: one, or one per layer (the output's may be the last)",
    )
    training = demo.add_argument_group("training")
    training.add_argument("--cost", metavar="NAME", help="mse, mae, huber or cross_entropy")
    training.add_argument(
        "--optimizer", metavar="NAME", help="sgd, momentum, rmsprop, adam, adamw or nadam"
    )
    training.add_argument(
        "--learning-rate",
        type=_numbers(float),
        metavar="RATE[,RATE…]",
        help="one, or one per layer",
    )
    training.add_argument("--batch-size", type=int, metavar="N", help="examples a step")
    training.add_argument("--steps", type=int, metavar="N", help="updates to make")
    training.add_argument("--every", type=int, metavar="N", help="steps between two pictures")
    training.add_argument("--seed", type=int, default=0, metavar="N", help="of all that is drawn")
    training.add_argument(
        "--engine", default="numpy", metavar="numpy|jax", help="jax is the compiled one"
    )
    data = demo.add_argument_group("data")
    data.add_argument("--arms", type=int, metavar="N", help="of the spirals")
    data.add_argument("--classes", type=int, metavar="N", help="of the blobs")
    data.add_argument("--noise", type=float, metavar="SIZE", help="how far points stray")
    output = demo.add_argument_group("output")
    output.add_argument(
        "--output", type=Path, default=Path("output"), metavar="DIR", help="folder of the files"
    )
    output.add_argument("--quiet", action="store_true", help="print the files' paths only")
    demo.set_defaults(run=_run_demo)
    compare = commands.add_parser(
        "compare",
        help="the lesson's network in other libraries, side by side",
        description="Train the lesson's network from the same weights in the lesson's program, "
        "neurona, scikit-learn, Keras and PyTorch, as far as they are installed, and tell how far "
        "apart their curves are. Leaves a picture, and a page with the code of each.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    compare.add_argument(
        "--steps", type=int, default=1500, metavar="N", help="of gradient descent (1500)"
    )
    compare.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the points and the first weights"
    )
    compare.add_argument("--language", choices=("en", "es"), default="en", help="of what is told")
    compare.add_argument(
        "--output", type=Path, default=Path("output"), metavar="DIR", help="folder of the files"
    )
    compare.add_argument("--quiet", action="store_true", help="print the files' paths only")
    compare.set_defaults(run=_command("compare"))
    play = commands.add_parser(
        "play",
        help="the playground, in the browser",
        description="Open the playground: watch a network learn, take it apart, steer it.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    play.add_argument(
        "--port", type=int, default=0, metavar="N", help="by default one that is free"
    )
    play.add_argument("--host", default="127.0.0.1", help="by default this machine alone")
    play.add_argument("--no-browser", action="store_true", help="print the address only")
    play.add_argument("--token", metavar="TEXT", help="by default a random one")
    play.set_defaults(run=_command("play"))
    _add_tables(commands)
    return top


def _add_tables(commands: Any) -> None:
    """Add the commands on tables."""

    def add(name: str, help_: str, about: str) -> Any:
        command = commands.add_parser(
            name,
            help=help_,
            description=about,
            epilog=f"{TABLES}\n{EXITS}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=_command(name))
        return command

    train = add(
        "train",
        "a model from a CSV or Parquet file",
        "Learn to predict a column of a table from the others: numbers, texts, dates as\n"
        "2024-12-31, missing cells (empty, or NA). Rows that are held out tell how right it is.\n"
        "Leaves the model, a picture of its curves, and a page that tells all: model.html.\n"
        "Ctrl-C ends the training, and what was learnt so far is reported and written.",
    )
    train.add_argument("table", help="the CSV or Parquet file; - for the standard input")
    train.add_argument("--target", required=True, metavar="COLUMN", help="what to predict")
    _add_encoding(train)
    train.add_argument(
        "--dates",
        choices=("dmy", "mdy"),
        help="of a CSV file: 31/12/2024, or 12/31/2024; 2024-12-31 is read in any case",
    )
    train.add_argument(
        "-o",
        "--output",
        default="model.safetensors",
        metavar="FILE",
        help="of the model; the picture and the page lie beside it",
    )
    train.add_argument(
        "--kind", choices=("auto", "classes", "numbers"), default="auto", help="what the target is"
    )
    train.add_argument(
        "--test-size", type=float, default=0.2, metavar="SHARE", help="of the rows held out: 0.2"
    )
    train.add_argument("--epochs", type=int, metavar="N", help="passes over the table, at most")
    train.add_argument(
        "--hidden", type=_numbers(int), default=[64], metavar="64,64", help="widths of the layers"
    )
    train.add_argument(
        "--activation",
        type=_names,
        default=["silu"],
        metavar="NAME[,NAME…]",
        help="one, or one per hidden layer",
    )
    train.add_argument(
        "--cost",
        choices=COSTS,
        help="of classes: cross_entropy (the usual) or mse; of numbers: mse (the usual), mae, "
        "huber, poisson (counts) or pinball (a quantile)",
    )
    train.add_argument(
        "--quantile", type=float, metavar="Q", help="that pinball learns, between 0 and 1: 0.5"
    )
    _add_settings(train)
    train.add_argument("--seed", type=int, default=0, metavar="N", help="of all that is drawn")
    train.add_argument("--quiet", action="store_true", help="print the files' paths only")
    predict = add(
        "predict",
        "a table with a column of answers",
        "Write the table again, with a column of answers. Its columns are found by their names.\n"
        "It is written as CSV, and as Parquet where the output's name ends in .parquet.",
    )
    _add_model(predict, "table to be answered", standard=True)
    predict.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="by default the standard output"
    )
    predict.add_argument("--proba", action="store_true", help="the probability of each class, too")
    evaluate = add(
        "evaluate",
        "how right a model is on a table",
        "Compare a model's answers with those that a table holds.",
    )
    _add_model(evaluate, "table with the answers")
    evaluate.add_argument(
        "--target", metavar="COLUMN", help="by default the one that the model learnt"
    )
    evaluate.add_argument("--html", metavar="FILE", help="the report as a page to look at")
    inspect = add("inspect", "what is in a model file", "Show what a model is made of.")
    inspect.add_argument("model", help="a model file")
    export = add("export", "a model in another form: NumPy, ONNX, PyTorch, Keras", FORMS)
    export.add_argument("model", help="a model file, of a network or of neurona train")
    export.add_argument(
        "--to", required=True, choices=("numpy", "onnx", "pytorch", "keras"), help="the form"
    )
    export.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="a file or a folder, by default beside the model; - for the standard output",
    )


def _add_settings(train: argparse.ArgumentParser) -> None:
    """Add what an estimator takes and few people need."""
    group = train.add_argument_group("settings of the training, by default the estimators' own")
    group.add_argument("--optimizer", metavar="NAME", help="such as adam, nadam, momentum")
    group.add_argument("--learning-rate", type=float, metavar="R", help="that does not fall")
    group.add_argument("--batch-size", type=int, metavar="N", help="rows a step")
    group.add_argument("--l2", type=float, metavar="R", help="a penalty on the weights")
    group.add_argument("--dropout", type=float, metavar="P", help="of the hidden neurons")
    group.add_argument(
        "--normalization", choices=("batch", "layer"), help="of the hidden layers' sums"
    )
    group.add_argument("--clip", type=float, metavar="N", help="the longest that a gradient may be")
    group.add_argument("--label-smoothing", type=float, metavar="E", help="of classes: 0.1, say")
    group.add_argument(
        "--balanced", action="store_true", help="of classes: the rare count as the common do"
    )
    group.add_argument(
        "--engine", choices=("numpy", "jax"), help="numpy, or jax for the compiled one"
    )


def _add_model(command: Any, what: str, standard: bool = False) -> None:
    command.add_argument("model", help="a model file that neurona train wrote")
    if standard:
        command.add_argument("table", nargs="?", default="-", help=f"{what}; - for standard input")
    else:
        command.add_argument("table", help=f"{what}; - for the standard input")
    _add_encoding(command)


def _add_encoding(command: Any) -> None:
    command.add_argument(
        "--encoding",
        type=_encoding,
        metavar="NAME",
        help="of a CSV file that is not UTF-8, such as cp1252",
    )


def _encoding(name: str) -> str:
    """Return the name of an encoding that there is."""
    try:
        "a".encode(name)
    except LookupError:
        raise argparse.ArgumentTypeError(
            f"there is no encoding {name!r}: give one such as cp1252, latin-1 or utf-16"
        ) from None
    return name


def _numbers(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """Return a reader of numbers with commas between them."""

    def read(text: str) -> list[Any]:
        try:
            return [kind(part) for part in text.split(",")]
        except ValueError:
            whole = "whole " if kind is int else ""
            raise argparse.ArgumentTypeError(
                f"{text!r}: give {whole}numbers with commas between them, such as "
                + ("4,8" if kind is int else "0.1 or 0.1,0.05")
            ) from None

    return read


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _command(module: str) -> Callable[[argparse.Namespace], int]:
    """Return what runs a command; its module is imported then, so that help comes at once."""

    def run(given: argparse.Namespace) -> int:
        code: int = import_module(f"neurona.commands.{module}").run(given)
        return code

    return run


def _run_demo(given: argparse.Namespace) -> int:
    return _command("lesson" if given.data == "tutorial" else "demo")(given)


if __name__ == "__main__":
    sys.exit(main())
