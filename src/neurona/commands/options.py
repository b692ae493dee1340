"""The options of all commands, and their help, in two languages where something is watched."""

from __future__ import annotations

import re
import sys
from importlib import import_module

from neurona import __version__
from neurona.commands import values
from neurona.commands.help import APART, DOCTOR, EXAMPLES, EXITS, FORMS, SWEEP, TABLES
from neurona.commands.spanish import in_language
from neurona.language import LANGUAGES, Text

# Little is imported before Ctrl-C is taken care of, and what takes longer in functions.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn

    from neurona.language import Language

# The names are written out, so that `neurona --help` need not import NumPy; a test compares them.
LAYERED = ("mnist", "series", "text")  # demonstrations with layers and data of their own
DEMOS = ("circles", "moons", "xor", "gaussians", "spirals", "blobs", "digits")
COSTS = ("cross_entropy", "mse", "mae", "huber", "poisson", "pinball")  # for neurona train


class Group:
    """Options of a command, or a group of them; what is watched has its help in two languages."""

    def __init__(self, own: Any, language: Language = "en") -> None:
        self.own, self.language = own, language

    def say(self, text: str | tuple[str, str]) -> str:
        """Return a text, which may be a pair of English and Spanish."""
        return text if isinstance(text, str) else Text(*text).say(self.language)

    def add(self, names: str, en: str, es: str = "", **given: Any) -> None:
        """Add an option under its names, with its help, and its metavar as :meth:`say` takes it."""
        if "metavar" in given:
            given["metavar"] = self.say(given["metavar"])
        self.own.add_argument(*names.split(), help=self.say((en, es) if es else en), **given)

    def count(self, names: str, en: str, es: str = "", **given: Any) -> None:
        """Add an option that is a whole number."""
        self.add(names, en, es, type=int, metavar="N", **given)

    def number(self, names: str, metavar: str, en: str, **given: Any) -> None:
        """Add an option that is a number."""
        self.add(names, en, type=float, metavar=metavar, **given)

    def flag(self, name: str, en: str, es: str = "") -> None:
        """Add an option without a value."""
        self.add(name, en, es, action="store_true")

    def group(self, en: str, es: str = "") -> Group:
        """Return a group of options under a heading."""
        return Group(self.own.add_argument_group(self.say((en, es) if es else en)), self.language)

    def seed(self) -> None:
        """Add the random seed."""
        self.count("--seed", "random seed", "semilla", default=0)

    def said_in(self) -> None:
        """Add the language."""
        self.add(
            "--language", "language of texts and numbers; default: the system's",
            "idioma de los textos y los números; por defecto, el del sistema",
            choices=LANGUAGES, default=self.language,
        )  # fmt: skip

    def output(self) -> None:
        """Add the folder, and what else is said or not."""
        from pathlib import Path

        self.add(
            "--output", "folder for the files", "carpeta para los archivos", type=Path,
            default=Path("output"), metavar=("DIR", "CARPETA"),
        )  # fmt: skip
        self.flag(
            "--quiet", "print only the files' paths", "solo escribe las rutas de los archivos"
        )
        self.said_in()


def nearest_word(message: str, options: Iterable[str]) -> str:
    """Suggest the word that was meant where a parser's message is about an unknown one.

    >>> nearest_word("argument command: invalid choice: 'trian' (choose from 'train', 'demo')", ())
    "did you mean 'train'?"
    >>> nearest_word("unrecognized arguments: x --epohcs 3", ["--epochs", "--lr"])
    "did you mean '--epochs'?"
    >>> nearest_word("unrecognized arguments: --language es", ["--learning-rate", "--l1"])
    ''
    """
    from difflib import get_close_matches

    choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
    option = re.search(r"unrecognized arguments: .*?(--[\w-]+)", message)
    known = re.findall(r"[^\s',]+", choice[2]) if choice else [*options] if option else []
    found = get_close_matches((choice or option or [""] * 2)[1], known, n=1, cutoff=0.7)
    return f"did you mean {found[0]!r}?" if found else ""


NAME, SIZE, RATE = ("NAME", "NOMBRE"), ("SIZE", "TAMAÑO"), ("RATE", "TASA")


def parser(language: Language = "en") -> argparse.ArgumentParser:
    """Return the parser of the command line, whose help on what is watched has two languages."""
    import argparse

    class Formatter(argparse.RawDescriptionHelpFormatter):
        def add_usage(
            self, usage: Any, actions: Any, groups: Any, prefix: str | None = None
        ) -> None:
            """Begin in the language; what a command's name is taken from has no beginning."""
            if prefix is None and language == "es":
                prefix = "uso: "
            super().add_usage(usage, actions, groups, prefix)

    class Parser(argparse.ArgumentParser):
        """A parser that says what a typo may have meant, all of it in the language."""

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            if language == "es":
                self._positionals.title, self._optionals.title = "argumentos", "opciones"

        def parse_known_args(self, *given: Any, **named: Any) -> Any:
            """Refuse what a command does not know itself: only it knows its options.

            Files may also come after options, as in a shell's other commands.
            """
            found, rest = super().parse_known_args(*given, **named)
            several = [one.dest for one in self._positionals._group_actions if one.nargs == "+"]
            if several and not any(one.startswith("-") for one in rest):
                getattr(found, several[-1]).extend(rest)
                rest = []
            if rest:
                self.error(f"unrecognized arguments: {' '.join(rest)}")
            return found, rest

        def _print_message(self, message: str, file: Any = None) -> None:
            """Print a help, or say that it can't be: argparse keeps that to itself."""
            if file is sys.stdout:
                print(message, end="", flush=True)
            else:
                super()._print_message(message, file)

        def error(self, message: str) -> NoReturn:
            hint = nearest_word(message, self._option_string_actions)
            said = in_language(message, language)
            super().error(f"{said}; {in_language(hint, language)}" if hint else said)

    def said(en: str, es: str) -> str:
        return Text(en, es).say(language)

    top = Parser(
        prog="neurona",
        description=said(
            "A neural network from scratch: read it, watch it, use it.",
            "Una red neuronal desde cero: léela, mírala aprender y úsala.",
        ),
        epilog=EXITS.say(language),
        formatter_class=Formatter,
    )
    top.add_argument("--version", action="version", version=f"neurona {__version__}")
    commands = top.add_subparsers(metavar=said("command", "orden"), required=True)

    def add(name: str, summary: Text, description: Text, examples: str = "") -> Group:
        command = commands.add_parser(
            name,
            help=summary.say(language),
            description=description.say(language),
            epilog=examples + EXITS.say(language),
            formatter_class=Formatter,
        )
        command.set_defaults(run=_run_demo if name == "demo" else _command(name))
        return Group(command, language)

    _add_demo(add, language)
    _add_watched(add)
    _add_doctor(add, language)
    _add_sweep(add, language)
    _add_tables(add)
    return top


def _add_demo(add: Callable[..., Group], language: Language) -> None:
    demo = add(
        "demo",
        Text("train a network before your eyes", "entrena una red ante tus ojos"),
        Text(
            "Train a network on a data set, show it, and save a picture and a film.",
            "Entrena una red con unos datos, la enseña, y guarda una imagen y una película.",
        ),
        EXAMPLES.say(language),
    )
    demo.add("data", "what to learn", "lo que se aprende", choices=(*DEMOS, *LAYERED, "tutorial"))
    network = demo.group("network", "red")
    network.add(
        "--topology", "widths of the hidden layers", "neuronas de cada capa oculta",
        type=values.numbers(int), metavar="4,8",
    )  # fmt: skip
    network.add(
        "--activation",
        "for the hidden layers: one, or one per layer (the last may be the output's)",
        "de las capas ocultas: una, o una por capa (la última puede ser la de la salida)",
        type=values.names,
        metavar=("NAME[,NAME…]", "NOMBRE[,NOMBRE…]"),
    )
    training = demo.group("training", "entrenamiento")
    training.add(
        "--cost", "mse, mae, huber or cross_entropy", "mse, mae, huber o cross_entropy",
        metavar=NAME,
    )  # fmt: skip
    training.add(
        "--optimizer", "sgd, momentum, rmsprop, adam, adamw or nadam",
        "sgd, momentum, rmsprop, adam, adamw o nadam", metavar=NAME,
    )  # fmt: skip
    training.add(
        "--learning-rate --lr", "one, or one per layer",
        "una, o una por capa: 0,05 o «0,5; 0,2; 0,1»",
        type=values.decimals(language), metavar=("RATE[,RATE…]", "TASA[;TASA…]"),
    )  # fmt: skip
    training.count("--batch-size", "examples per step", "ejemplos por paso")
    training.count("--steps", "number of updates", "cuántos pasos")
    training.count("--every", "steps between two pictures", "pasos entre dos imágenes")
    training.seed()
    training.add(
        "--engine", "jax is the compiled engine", "jax es el motor compilado", default="numpy",
        metavar="numpy|jax",
    )  # fmt: skip
    data = demo.group("data", "datos")
    data.count("--arms", "number of spiral arms", "brazos de la espiral")
    data.count("--classes", "number of blobs", "nubes")
    data.add(
        "--noise", "spread of the points", "dispersión de los puntos", metavar=SIZE,
        type=values.decimal(language),
    )  # fmt: skip
    demo.group("output", "resultado").output()


def _add_watched(add: Callable[..., Group]) -> None:
    """Add the commands that compare, play, and write pages."""
    compare = add(
        "compare",
        Text(
            "the lesson's network in other libraries, side by side",
            "la red de la lección en otras bibliotecas, una al lado de otra",
        ),
        Text(
            "Train the lesson's network from the same weights in the lesson's program, neurona,\n"
            "scikit-learn, Keras and PyTorch, if they are installed, and measure how much their\n"
            "curves differ. Saves a picture, and a page with the code of each. It takes half a\n"
            "minute to a few minutes.",
            "Entrena la red de la lección desde los mismos pesos en el programa de la lección,\n"
            "neurona, scikit-learn, Keras y PyTorch, si están instalados, y mide cuánto difieren\n"
            "sus curvas. Guarda una imagen, y una página con el código de cada uno. Tarda entre\n"
            "medio minuto y unos minutos.",
        ),
    )
    compare.count(
        "--steps", "steps of gradient descent (1500)", "pasos de descenso del gradiente (1500)",
        default=1500,
    )  # fmt: skip
    compare.seed()
    compare.output()
    play = add(
        "play",
        Text("the playground, in the browser", "el laboratorio, en el navegador"),
        Text(
            "Open the playground: watch a network learn, change it, look inside.",
            "Abre el laboratorio: mira aprender una red, cámbiala, mira dentro.",
        ),
    )
    play.count("--port", "default: a free one", "por defecto, uno libre", default=0)
    play.add(
        "--host", "default: 127.0.0.1, this machine only",
        "por defecto 127.0.0.1, solo esta máquina", default="127.0.0.1",
    )  # fmt: skip
    play.flag("--no-browser", "print only the address", "solo escribe la dirección")
    play.add(
        "--token", "default: a random one", "por defecto, uno al azar", metavar=("TEXT", "TEXTO")
    )
    play.count(
        "--most", "pages open at once (default: 64)", "páginas abiertas a la vez (64)", default=64
    )
    play.said_in()
    site = add(
        "site",
        Text(
            "the playground as static pages, without a server",
            "el laboratorio como páginas estáticas, sin servidor",
        ),
        Text(
            "Record the ready-made examples with the real engine, and write pages that play them\n"
            "from any web host, or from a folder. At most 3 MB an example.",
            "Graba los ejemplos con el motor de verdad, y escribe páginas que los reproducen en\n"
            "cualquier servidor web, o desde una carpeta. Como mucho, 3 MB por ejemplo.",
        ),
    )
    site.add("folder", "where to write them", "dónde se escriben", metavar=("DIR", "CARPETA"))
    site.add(
        "--examples",
        "which of them; the first opens first; default: all",
        "cuáles; el primero se abre el primero; por defecto, todos",
        type=values.names,
        metavar=("NAME[,NAME…]", "NOMBRE[,NOMBRE…]"),
    )
    site.said_in()


def _add_doctor(add: Callable[..., Group], language: Language) -> None:
    """Add the command that says what is wrong with a training."""
    doctor = add(
        "doctor",
        Text(
            "what is wrong with a training, and what mends it",
            "qué le pasa a un entrenamiento, y qué lo arregla",
        ),
        Text(
            "Train a network, measure it, and say what is wrong: each finding with its number,\n"
            "the threshold and the layer. With --cures its cures are tried.",
            "Entrena una red, la mide y dice qué va mal: cada hallazgo con su número, el umbral y\n"
            "la capa. Con --cures se prueban los remedios.",
        ),
        DOCTOR.say(language),
    )
    doctor.add(
        "data",
        "a demonstration, such as circles, or a CSV or Parquet file",
        "una demostración, como circles, o un archivo CSV o Parquet",
        metavar=("data", "datos"),
    )
    doctor.add(
        "target", "the column of the table to predict", "la columna de la tabla que se predice",
        nargs="?", metavar=("target", "columna"),
    )  # fmt: skip
    doctor.add(
        "--target", "the same, as in the other commands", "la misma, como en las otras órdenes",
        dest="named_target", metavar=("COLUMN", "COLUMNA"),
    )  # fmt: skip
    doctor.count(
        "--layers", "neurons of each hidden layer", "neuronas de cada capa oculta", nargs="+"
    )
    for option, metavar, en, es in (
        ("--activation", NAME, "of the hidden layers", "de las capas ocultas"),
        ("--output", NAME, "the activation of the output", "la activación de la salida"),
        ("--cost", NAME, "mse, mae, huber or cross_entropy", "mse, mae, huber o cross_entropy"),
        ("--optimizer", NAME, "sgd, momentum, rmsprop, adam, …", ""),
        ("--l1", SIZE, "a penalty on the weights", "una penalización de los pesos"),
        ("--l2", SIZE, "a penalty on the squared weights", "una penalización de sus cuadrados"),
        ("--noise", SIZE, "spread of the points", "dispersión de los puntos"),
        ("--learning-rate --lr", RATE, "the optimizer's rate", "la tasa de aprendizaje"),
    ):  # fmt: skip
        doctor.add(option, en, es, metavar=metavar)
    doctor.add(
        "--initializer",
        "the first weights: orthogonal (default), uniform, zeros, …",
        "los pesos iniciales: orthogonal (por defecto), uniform, zeros, …",
        default="orthogonal",
        metavar=NAME,
    )
    doctor.count("--batch-size", "examples per step", "ejemplos por paso")
    doctor.count("--steps", "number of updates", "cuántos pasos")
    doctor.count("--arms", "number of spiral arms", "brazos de la espiral")
    doctor.count("--classes", "number of blobs", "cuántas nubes")
    doctor.seed()
    doctor.flag(
        "--cures", "try the cures: some 20 seconds", "prueba los remedios: unos 20 segundos"
    )
    doctor.said_in()


def _add_sweep(add: Callable[..., Group], language: Language) -> None:
    """Add the command that trains hundreds of networks."""
    sweep = add(
        "sweep",
        Text("where a network learns, and how often", "dónde aprende una red, y cuántas veces"),
        Text(
            "Train a network at each value of each setting, from several random seeds, and show\n"
            "how many of them learn. A sweep that was interrupted goes on with the same command.",
            "Entrena una red con cada valor de cada ajuste, desde varias semillas, y enseña\n"
            "cuántas aprenden. Si se interrumpe, la misma orden continúa donde estaba.",
        ),
        SWEEP.say(language),
    )
    sweep.add(
        "data",
        "lesson, a demonstration such as circles, or a CSV or Parquet file",
        "lesson, una demostración como circles, o un archivo CSV o Parquet",
        metavar=("data", "datos"),
    )
    sweep.own._negative_number_matcher = re.compile(r"-[\d.]")  # -1:1 is a value, which is refused
    settings = sweep.group(
        "settings: one value, several with commas between them, or a range LOW:HIGH[:COUNT]",
        "ajustes: un valor, varios separados por comas, o un intervalo MENOR:MAYOR[:CUÁNTOS]",
    )
    for option, en, es in (
        ("--learning-rate", "0.001:10 is 20 rates", "0.001:10 son 20 tasas"),
        ("--topology", "hidden layers: 4,8/4,8,16,8,4", "capas ocultas: 4,8/4,8,16,8,4"),
        ("--depth", "how many hidden layers", "cuántas capas ocultas"),
        ("--activation", "of the hidden layers", "de las capas ocultas"),
        ("--initializer", "the first weights", "los pesos iniciales"),
        ("--optimizer", "sgd, adam, lesson, …", ""),
        ("--batch-size", "examples per step; all: all", "ejemplos por paso; all: todos"),
        ("--l1", "a penalty on the weights", "una penalización de los pesos"),
        ("--l2", "a penalty on the squared weights", "una penalización de sus cuadrados"),
        ("--cost", "mse, mae, huber or cross_entropy", "mse, mae, huber o cross_entropy"),
    ):
        settings.add(option, en, es, metavar=("VALUES", "VALORES"))
    sweep.count(
        "--seeds", "seeds of each cell (20; 5 of a table)", "semillas (20; 5 con una tabla)"
    )
    sweep.count("--steps", "number of updates", "cuántos pasos")
    sweep.count("--arms", "number of spiral arms", "brazos de la espiral")
    sweep.count("--classes", "number of blobs", "cuántas nubes")
    sweep.add(
        "--below", "the cost below which a seed succeeds",
        "el coste por debajo del que se logra", type=float, metavar=("COST", "COSTE"),
    )  # fmt: skip
    sweep.add("--noise", "spread of the points", "dispersión", metavar=SIZE)
    sweep.add(
        "--target", "the column of a table to predict", "la columna de la tabla que se predice",
        metavar=("COLUMN", "COLUMNA"),
    )  # fmt: skip
    sweep.add(
        "--engine", "default: jax if it is installed", "por defecto, jax si está instalado",
        choices=("numpy", "jax"),
    )  # fmt: skip
    sweep.count(
        "--jobs", "how many at once (default: all cores)", "cuántas a la vez (todos los núcleos)",
        default=-1,
    )  # fmt: skip
    sweep.seed()
    sweep.output()


def _add_tables(add: Callable[..., Group]) -> None:
    """Add the commands on tables, which speak English."""

    def of_tables(name: str, summary: str, description: str) -> Group:
        command = add(name, Text(summary, summary), Text(description, description), TABLES)
        command.language = "en"
        return command

    train = of_tables(
        "train",
        "train a model on a CSV or Parquet file",
        "Learn to predict one column of a table from the others. Columns may hold numbers, text,\n"
        "dates such as 2024-12-31, and missing cells (empty or NA). A test on held-out rows gives\n"
        "the score. Saves the model, a picture of its curves, and a report: model.html.\n"
        "Ctrl-C ends the training early; the model so far is saved and tested.",
    )
    train.add(
        "table",
        "the CSV or Parquet file; - for the standard input; several files, or a pattern such "
        "as 'parts/*.csv', are one table",
        nargs="+",
    )
    train.add("--target", "the column to predict", required=True, metavar="COLUMN")
    columns = Group(train.own.add_mutually_exclusive_group())
    of_columns: dict[str, Any] = {"nargs": "+", "metavar": "COLUMN"}
    columns.add("--drop", "columns to learn nothing from, such as id", **of_columns)
    columns.add("--only", "the columns to learn from, and no others", **of_columns)
    _add_reading(train)
    train.add(
        "--dates",
        "dates in a CSV file: 31/12/2024, 12/31/2024 or 2024/12/31; 2024-12-31 always works",
        choices=("dmy", "mdy", "ymd"),
    )
    train.add(
        "-o --output", "the model's file; the picture and the report go beside it",
        default="model.safetensors", metavar="FILE",
    )  # fmt: skip
    train.add("--kind", "kind of target", choices=("auto", "classes", "numbers"), default="auto")
    train.number(
        "--test-size", "SHARE", "share of the rows to hold out for the test (0.2)", default=0.2
    )
    train.count("--epochs", "passes over the table, at most")
    train.add(
        "--hidden", "widths of the hidden layers; default: chosen", type=values.numbers(int),
        metavar="64,64",
    )  # fmt: skip
    train.add(
        "--activation", "silu (default), ...: one, or one per hidden layer", type=values.names,
        default=["silu"], metavar="NAME[,NAME…]",
    )  # fmt: skip
    train.add(
        "--cost",
        "for classes: cross_entropy (default) or mse; for numbers: mse (default), mae, "
        "huber, poisson (counts) or pinball (a quantile)",
        choices=COSTS,
    )
    train.number("--quantile", "Q", "quantile for pinball, between 0 and 1 (0.5)")
    _add_settings(train)
    train.seed()
    train.add(
        "--checkpoint",
        "go on from this file if it is there, and write the training into it now and then",
        metavar="FILE",
    )
    train.number("--checkpoint-every", "SECONDS", "the time between two checkpoints (60)")
    train.flag("--quiet", "print only the files' paths")
    predict = of_tables(
        "predict",
        "add predictions to a table",
        "Add a prediction column to the table. The model finds its columns by their names. The\n"
        "output is CSV, or Parquet if its name ends in .parquet.",
    )
    _add_model(predict)
    predict.add("table", "the table; - for standard input", nargs="?", default="-")
    _add_reading(predict)
    predict.add("-o --output", "default: the standard output", default="-", metavar="FILE")
    predict.flag("--proba", "add the probability of each class")
    predict.number("--interval", "SHARE", "add an interval that holds 0.9, say")
    evaluate = of_tables(
        "evaluate",
        "test a model on a table",
        "Compare a model's predictions with the values in a table.",
    )
    _add_model(evaluate)
    evaluate.add("table", "a table with the target column; - for the standard input")
    _add_reading(evaluate)
    evaluate.add("--target", "default: the column that the model learned", metavar="COLUMN")
    evaluate.add("--html", "save the report as a page, too", metavar="FILE")
    inspect = of_tables("inspect", "show the contents of a model file", APART)
    inspect.add("model", "a model file")
    inspect.add("--number", "what this number is made of: 1:z[3,4,0]", metavar="LAYER:NAME[PLACE]")
    inspect.add("--examples", "a table, or a file of numpy.savez with X and y", metavar="FILE")
    inspect.count("--row", "which example; default: 0", default=0)
    export = of_tables("export", "convert a model to NumPy, ONNX, PyTorch or Keras", FORMS)
    export.add("model", "a model file, from neurona.save or neurona train")
    export.add("--to", "the format", required=True, choices=("numpy", "onnx", "pytorch", "keras"))
    export.add(
        "-o --output",
        "a file or a folder; default: beside the model; - for the standard output",
        metavar="PATH",
    )
    export.count("--opset", "ONNX: the version of its operations, from 13 on")


def _add_settings(train: Group) -> None:
    """Add the less common settings of an estimator."""
    group = train.group(
        "chosen by the table; give one to choose it yourself, or --quick to try no other setting"
    )
    group.flag("--quick", "take one setting, and try no other")
    group.count("--networks", "how many predict together: 4, or 1 to read it")
    group.count("--folds", "as many networks; each leaves a fold out", dest="cv")
    group.count("--ramps", "ramps beside each number; 0: none")
    group.number("--weight-decay", "R", "the optimizer's")
    group.number("--l1", "R", "a penalty on the weights")
    group.number("--dropout", "P", "probability to drop a hidden neuron")
    group.add("--initializer", "first weights: orthogonal, ...", metavar="NAME")
    group = train.group("settings of the training; the defaults are the estimators'")
    group.add("--optimizer", "adam, nadam, momentum, ...", metavar="NAME")
    group.number("--learning-rate", "R", "a constant rate")
    group.count("--batch-size", "rows per step")
    group.number("--l2", "R", "a penalty on the weights' squares")
    group.count("--patience", "stop after N epochs without a better validation")
    group.add("--normalization", "normalization of the hidden layers", choices=("batch", "layer"))
    group.number("--clip", "N", "the largest norm of a gradient")
    group.number("--label-smoothing", "E", "for classes, such as 0.1")
    group.flag("--balanced", "give rare classes as much weight as common ones")
    group.add("--engine", "numpy, or jax for the compiled engine", choices=("numpy", "jax"))
    group.add(
        "--devices", "devices of the compiled engine that share each step; default: one",
        type=values.devices, metavar="all|N",
    )  # fmt: skip
    group = train.group(
        "several processes, each with its part of the rows; the same command in each, but for its "
        "id"
    )
    group.add("--coordinator", "a free port of process 0's machine", metavar="HOST:PORT")
    group.count("--processes", "how many there are")
    group.add("--process-id", "which one this is, from 0 on", type=int, metavar="K")
    group.number("--timeout", "SECONDS", "the longest wait for another process (60)")


def _add_model(command: Group) -> None:
    command.add("model", "a model file from neurona train")


def _add_reading(command: Group) -> None:
    command.add(
        "--encoding", "encoding of a CSV file that is not UTF-8, such as cp1252", metavar="NAME",
        type=values.encoding,
    )  # fmt: skip
    command.add(
        "--max-memory",
        "most memory that a compressed table may take once it is unpacked, such as 8GB (2GB)",
        type=values.size,
        metavar="SIZE",
    )


def _command(module: str) -> Callable[[argparse.Namespace], int]:
    """Return a function that imports and runs a command; so the help shows at once."""

    def run(given: argparse.Namespace) -> int:
        code: int = import_module(f"neurona.commands.{module}").run(given)
        return code

    return run


def _run_demo(given: argparse.Namespace) -> int:
    own = {"tutorial": "lesson"} | {name: f"demo_{name}" for name in LAYERED}
    return _command(own.get(given.data, "demo"))(given)
