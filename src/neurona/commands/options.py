"""The options of all commands, and their help, in two languages where something is watched."""

from __future__ import annotations

import re
from importlib import import_module

from neurona import __version__
from neurona.commands.spanish import in_language
from neurona.language import LANGUAGES, Text, read_number

# Little is imported before Ctrl-C is taken care of, and what takes longer in functions.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any, NoReturn

    from neurona.language import Language

# The names are written out, so that `neurona --help` need not import NumPy; a test compares them.
LAYERED = ("mnist", "series", "text")  # demonstrations with layers and data of their own
DEMOS = ("circles", "moons", "xor", "gaussians", "spirals", "blobs", "digits")
COSTS = ("cross_entropy", "mse", "mae", "huber", "poisson", "pinball")  # for neurona train
EXAMPLES = Text(
    """\
examples:
  neurona demo circles                              the lesson's network on the lesson's circles
  neurona demo circles --topology 4,8,16,8,4        deeper
  neurona demo spirals --arms 5 --activation gelu   five arms, five classes
  neurona demo moons --optimizer sgd --learning-rate 0.5,0.2,0.1
  neurona demo digits --engine jax                  real handwritten digits, compiled
  neurona demo mnist                                a convolutional network on larger ones
  neurona demo series                               the weather of the next days
  neurona demo text                                 a network that learns to write
  neurona demo tutorial                             why the lesson's deep network does not learn

""",
    """\
ejemplos:
  neurona demo circles                              la red y los círculos de la lección
  neurona demo circles --topology 4,8,16,8,4        más profunda
  neurona demo spirals --arms 5 --activation gelu   cinco brazos, cinco clases
  neurona demo moons --optimizer sgd --learning-rate "0,5; 0,2; 0,1"
  neurona demo digits --engine jax                  dígitos escritos a mano, compilado
  neurona demo mnist                                una red convolucional con otros mayores
  neurona demo series                               el tiempo de los próximos días
  neurona demo text                                 una red que aprende a escribir
  neurona demo tutorial                             por qué la red profunda no aprende

""",
)
DOCTOR = Text(
    """\
examples:
  neurona doctor circles --layers 4 8 16 8 4 --activation sigmoid --initializer uniform \\
      --optimizer sgd --lr 5 --cost mse --seed 1 --steps 2500 --cures
  neurona doctor spirals --layers 2
  neurona doctor penguins.csv species

""",
    """\
ejemplos:
  neurona doctor circles --layers 4 8 16 8 4 --activation sigmoid --initializer uniform \\
      --optimizer sgd --lr 5 --cost mse --seed 1 --steps 2500 --cures
  neurona doctor spirals --layers 2
  neurona doctor penguins.csv species

""",
)
SWEEP = Text(
    """\
examples:
  neurona sweep lesson                                the lesson's experiment, as a map
  neurona sweep circles --learning-rate 0.001:10 --topology 4,8/4,8,16,8,4 --seeds 20
  neurona sweep moons --learning-rate 0.001:1:8 --activation sigmoid,tanh,relu
  neurona sweep penguins.csv --target species --topology 8/32,32 --learning-rate 0.001,0.01

""",
    """\
ejemplos:
  neurona sweep lesson                                el experimento de la lección, en un mapa
  neurona sweep circles --learning-rate 0.001:10 --topology 4,8/4,8,16,8,4 --seeds 20
  neurona sweep moons --learning-rate 0.001:1:8 --activation sigmoid,tanh,relu
  neurona sweep penguins.csv --target species --topology 8/32,32 --learning-rate 0.001,0.01

""",
)
TABLES = """\
examples:
  neurona train penguins.csv --target species
  neurona train houses.csv --target price --output houses.safetensors
  neurona train houses.csv --target price --cost pinball --quantile 0.9
  neurona predict model.safetensors new.csv -o predictions.csv
  neurona predict model.safetensors new.parquet -o predictions.parquet
  neurona evaluate model.safetensors more.csv --html report.html
  neurona inspect model.safetensors
  neurona export model.safetensors --to onnx

"""
APART = """\
Show what a model contains, or with --number and --examples what one of its numbers is made of, its
derivative, and the central difference beside it.

  1:z[3,4,0]    a number of layer 1's output: a window and its filter, a step and its gates
  1:W[0,2,0,5]  the derivative by a weight: a sum over the places, or the steps, that used it
  2:x[6,8,5]    the derivative by a number of layer 2's input: where a pooling's goes

A layer within a composition is 2.1, say. A table's model is several networks side by side: layer 2
of the third is 1.3.2, unless it was trained with --networks 1.
"""
FORMS = """\
Write a model in a form that runs without neurona. A model from a table takes the table's columns
unchanged.

  numpy    a readable Python program of one page, which needs only NumPy and reads a CSV file
  onnx     a file for ONNX Runtime, in many languages and in a browser; each column is an input
  pytorch  a folder with code, weights, and the preparation of a table in NumPy
  keras    the same for Keras 3

scikit-learn's MLP has no file format but pickle: in Python, neurona.export.to_sklearn makes one.
"""
EXITS = Text(
    """\
exit codes:
  0    success
  1    failure during the run: a training diverged, a disk was full
  2    wrong use or input: an option, a table, a model, a missing package
  130  interrupted by Ctrl-C
  141  the reader of the output closed the pipe
""",
    """\
códigos de salida:
  0    todo bien
  1    fallo durante la ejecución: un entrenamiento divergió, un disco se llenó
  2    uso o entrada incorrectos: una opción, una tabla, un modelo, un paquete que falta
  130  interrumpido con Ctrl-C
  141  quien leía la salida cerró la tubería
""",
)


def parser(language: Language = "en") -> argparse.ArgumentParser:
    """Return the parser of the command line, whose help on what is watched has two languages."""
    import argparse

    def said(en: str, es: str) -> str:
        return Text(en, es).say(language)

    class Parser(argparse.ArgumentParser):
        """A parser whose complaints are in the language, too."""

        def error(self, message: str) -> NoReturn:
            super().error(in_language(message, language))

    top = Parser(
        prog="neurona",
        description=said(
            "A neural network from scratch: read it, watch it, use it.",
            "Una red neuronal desde cero: léela, mírala aprender y úsala.",
        ),
        epilog=EXITS.say(language),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"neurona {__version__}")
    commands = top.add_subparsers(metavar=said("command", "orden"), required=True)
    _add_demo(commands, language, said)
    compare = _add(
        commands,
        "compare",
        said(
            "the lesson's network in other libraries, side by side",
            "la red de la lección en otras bibliotecas, una al lado de otra",
        ),
        said(
            "Train the lesson's network from the same weights in the lesson's program, neurona,\n"
            "scikit-learn, Keras and PyTorch, if they are installed, and measure how much their\n"
            "curves differ. Saves a picture, and a page with the code of each. It takes half a\n"
            "minute to a few minutes.",
            "Entrena la red de la lección desde los mismos pesos en el programa de la lección,\n"
            "neurona, scikit-learn, Keras y PyTorch, si están instalados, y mide cuánto difieren\n"
            "sus curvas. Guarda una imagen, y una página con el código de cada uno. Tarda entre\n"
            "medio minuto y unos minutos.",
        ),
        language=language,
    )
    compare.add_argument(
        "--steps",
        type=int,
        default=1500,
        metavar="N",
        help=said("steps of gradient descent (1500)", "pasos de descenso del gradiente (1500)"),
    )
    _add_seed(compare, said)
    _add_output(compare, language, said)
    play = _add(
        commands,
        "play",
        said("the playground, in the browser", "el laboratorio, en el navegador"),
        said(
            "Open the playground: watch a network learn, change it, look inside.",
            "Abre el laboratorio: mira aprender una red, cámbiala, mira dentro.",
        ),
        language=language,
    )
    play.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="N",
        help=said("default: a free one", "por defecto, uno libre"),
    )
    play.add_argument(
        "--host",
        default="127.0.0.1",
        help=said(
            "default: 127.0.0.1, this machine only", "por defecto 127.0.0.1, solo esta máquina"
        ),
    )
    play.add_argument(
        "--no-browser",
        action="store_true",
        help=said("print only the address", "solo escribe la dirección"),
    )
    play.add_argument(
        "--token",
        metavar=said("TEXT", "TEXTO"),
        help=said("default: a random one", "por defecto, uno al azar"),
    )
    play.add_argument(
        "--most",
        type=int,
        default=64,
        metavar="N",
        help=said("pages open at once (default: 64)", "páginas abiertas a la vez (64)"),
    )
    _add_language(play, language, said)
    site = _add(
        commands,
        "site",
        said(
            "the playground as static pages, without a server",
            "el laboratorio como páginas estáticas, sin servidor",
        ),
        said(
            "Record the ready-made examples with the real engine, and write pages that play them\n"
            "from any web host, or from a folder. At most 3 MB an example.",
            "Graba los ejemplos con el motor de verdad, y escribe páginas que los reproducen en\n"
            "cualquier servidor web, o desde una carpeta. Como mucho, 3 MB por ejemplo.",
        ),
        language=language,
    )
    site.add_argument(
        "folder",
        metavar=said("DIR", "CARPETA"),
        help=said("where to write them", "dónde se escriben"),
    )
    site.add_argument(
        "--examples",
        type=_names,
        metavar=said("NAME[,NAME…]", "NOMBRE[,NOMBRE…]"),
        help=said(
            "which of them; the first opens first; default: all",
            "cuáles; el primero se abre el primero; por defecto, todos",
        ),
    )
    _add_language(site, language, said)
    _add_doctor(commands, language, said)
    _add_sweep(commands, language, said)
    _add_tables(commands)
    return top


def _add_demo(commands: Any, language: Language, said: Callable[[str, str], str]) -> None:
    demo = _add(
        commands,
        "demo",
        said("train a network before your eyes", "entrena una red ante tus ojos"),
        said(
            "Train a network on a data set, show it, and save a picture and a film.",
            "Entrena una red con unos datos, la enseña, y guarda una imagen y una película.",
        ),
        EXAMPLES.say(language),
        language,
    )
    demo.add_argument(
        "data",
        choices=(*DEMOS, *LAYERED, "tutorial"),
        help=said("what to learn", "lo que se aprende"),
    )
    numbers = _decimals(language)
    network = demo.add_argument_group(said("network", "red"))
    network.add_argument(
        "--topology",
        type=_numbers(int),
        metavar="4,8",
        help=said("widths of the hidden layers", "neuronas de cada capa oculta"),
    )
    network.add_argument(
        "--activation",
        type=_names,
        metavar=said("NAME[,NAME…]", "NOMBRE[,NOMBRE…]"),
        help=said(
            "for the hidden layers: one, or one per layer (the last may be the output's)",
            "de las capas ocultas: una, o una por capa (la última puede ser la de la salida)",
        ),
    )
    training = demo.add_argument_group(said("training", "entrenamiento"))
    name = said("NAME", "NOMBRE")
    training.add_argument(
        "--cost",
        metavar=name,
        help=said("mse, mae, huber or cross_entropy", "mse, mae, huber o cross_entropy"),
    )
    training.add_argument(
        "--optimizer",
        metavar=name,
        help=said(
            "sgd, momentum, rmsprop, adam, adamw or nadam",
            "sgd, momentum, rmsprop, adam, adamw o nadam",
        ),
    )
    training.add_argument(
        "--learning-rate",
        "--lr",
        type=numbers,
        metavar=said("RATE[,RATE…]", "TASA[;TASA…]"),
        help=said("one, or one per layer", "una, o una por capa: 0,05 o «0,5; 0,2; 0,1»"),
    )
    for option, en, es in (
        ("--batch-size", "examples per step", "ejemplos por paso"),
        ("--steps", "number of updates", "cuántos pasos"),
        ("--every", "steps between two pictures", "pasos entre dos imágenes"),
    ):
        training.add_argument(option, type=int, metavar="N", help=said(en, es))
    _add_seed(training, said)
    training.add_argument(
        "--engine",
        default="numpy",
        metavar="numpy|jax",
        help=said("jax is the compiled engine", "jax es el motor compilado"),
    )
    data = demo.add_argument_group(said("data", "datos"))
    data.add_argument(
        "--arms",
        type=int,
        metavar="N",
        help=said("number of spiral arms", "brazos de la espiral"),
    )
    data.add_argument("--classes", type=int, metavar="N", help=said("number of blobs", "nubes"))
    data.add_argument(
        "--noise",
        type=_decimal(language),
        metavar=said("SIZE", "TAMAÑO"),
        help=said("spread of the points", "dispersión de los puntos"),
    )
    _add_output(demo.add_argument_group(said("output", "resultado")), language, said)
    demo.set_defaults(run=_run_demo)


def _add(
    commands: Any,
    name: str,
    summary: str,
    description: str,
    examples: str = "",
    language: Language = "en",
) -> Any:
    """Add a command that its module in ``commands/`` runs."""
    import argparse

    command = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=examples + EXITS.say(language),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=_command(name))
    return command


def _add_seed(command: Any, said: Callable[[str, str], str]) -> None:
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help=said("random seed", "semilla")
    )


def _add_output(command: Any, language: Language, said: Callable[[str, str], str]) -> None:
    from pathlib import Path

    command.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar=said("DIR", "CARPETA"),
        help=said("folder for the files", "carpeta para los archivos"),
    )
    command.add_argument(
        "--quiet",
        action="store_true",
        help=said("print only the files' paths", "solo escribe las rutas de los archivos"),
    )
    _add_language(command, language, said)


def _add_language(command: Any, language: Language, said: Callable[[str, str], str]) -> None:
    command.add_argument(
        "--language",
        choices=LANGUAGES,
        default=language,
        help=said(
            "language of texts and numbers; default: the system's",
            "idioma de los textos y los números; por defecto, el del sistema",
        ),
    )


def _add_doctor(commands: Any, language: Language, said: Callable[[str, str], str]) -> None:
    """Add the command that says what is wrong with a training."""
    doctor = _add(
        commands,
        "doctor",
        said(
            "what is wrong with a training, and what mends it",
            "qué le pasa a un entrenamiento, y qué lo arregla",
        ),
        said(
            "Train a network, measure it, and say what is wrong: each finding with its number,\n"
            "the threshold and the layer. With --cures its cures are tried.",
            "Entrena una red, la mide y dice qué va mal: cada hallazgo con su número, el umbral y\n"
            "la capa. Con --cures se prueban los remedios.",
        ),
        DOCTOR.say(language),
        language,
    )
    name, count, size = said("NAME", "NOMBRE"), "N", said("SIZE", "TAMAÑO")
    doctor.add_argument(
        "data",
        metavar=said("data", "datos"),
        help=said(
            "a demonstration, such as circles, or a CSV or Parquet file",
            "una demostración, como circles, o un archivo CSV o Parquet",
        ),
    )
    doctor.add_argument(
        "target",
        nargs="?",
        metavar=said("target", "columna"),
        help=said("the column of the table to predict", "la columna de la tabla que se predice"),
    )
    doctor.add_argument(
        "--layers",
        type=int,
        nargs="+",
        metavar=count,
        help=said("neurons of each hidden layer", "neuronas de cada capa oculta"),
    )
    doctor.add_argument(
        "--initializer",
        default="orthogonal",
        metavar=name,
        help=said(
            "the first weights: orthogonal (default), uniform, zeros, …",
            "los pesos iniciales: orthogonal (por defecto), uniform, zeros, …",
        ),
    )
    for option, meta, en, es in (
        ("--activation", name, "of the hidden layers", "de las capas ocultas"),
        ("--output", name, "the activation of the output", "la activación de la salida"),
        ("--cost", name, "mse, mae, huber or cross_entropy", "mse, mae, huber o cross_entropy"),
        ("--optimizer", name, "sgd, momentum, rmsprop, adam, …", "sgd, momentum, rmsprop, adam, …"),
        ("--l1", size, "a penalty on the weights", "una penalización de los pesos"),
        ("--l2", size, "a penalty on the squared weights", "una penalización de sus cuadrados"),
        ("--noise", size, "spread of the points", "dispersión de los puntos"),
    ):
        doctor.add_argument(option, metavar=meta, help=said(en, es))
    doctor.add_argument(
        "--learning-rate",
        "--lr",
        metavar=said("RATE", "TASA"),
        help=said("the optimizer's rate", "la tasa de aprendizaje"),
    )
    for option, en, es in (
        ("--batch-size", "examples per step", "ejemplos por paso"),
        ("--steps", "number of updates", "cuántos pasos"),
        ("--arms", "number of spiral arms", "brazos de la espiral"),
        ("--classes", "number of blobs", "cuántas nubes"),
    ):
        doctor.add_argument(option, type=int, metavar=count, help=said(en, es))
    _add_seed(doctor, said)
    doctor.add_argument(
        "--cures",
        action="store_true",
        help=said("try the cures: some 20 seconds", "prueba los remedios: unos 20 segundos"),
    )
    _add_language(doctor, language, said)


def _add_sweep(commands: Any, language: Language, said: Callable[[str, str], str]) -> None:
    """Add the command that trains hundreds of networks."""
    sweep = _add(
        commands,
        "sweep",
        said("where a network learns, and how often", "dónde aprende una red, y cuántas veces"),
        said(
            "Train a network at each value of each setting, from several random seeds, and show\n"
            "how many of them learn. A sweep that was interrupted goes on with the same command.",
            "Entrena una red con cada valor de cada ajuste, desde varias semillas, y enseña\n"
            "cuántas aprenden. Si se interrumpe, la misma orden continúa donde estaba.",
        ),
        SWEEP.say(language),
        language,
    )
    sweep.add_argument(
        "data",
        metavar=said("data", "datos"),
        help=said(
            "lesson, a demonstration such as circles, or a CSV or Parquet file",
            "lesson, una demostración como circles, o un archivo CSV o Parquet",
        ),
    )
    sweep._negative_number_matcher = re.compile(r"-[\d.]")  # -1:1 is a value, which is refused
    values, count = said("VALUES", "VALORES"), "N"
    settings = sweep.add_argument_group(
        said(
            "settings: one value, several with commas between them, or a range LOW:HIGH[:COUNT]",
            "ajustes: un valor, varios separados por comas, o un intervalo MENOR:MAYOR[:CUÁNTOS]",
        )
    )
    for option, en, es in (
        ("--learning-rate", "0.001:10 is 20 rates", "0.001:10 son 20 tasas"),
        ("--topology", "hidden layers: 4,8/4,8,16,8,4", "capas ocultas: 4,8/4,8,16,8,4"),
        ("--depth", "how many hidden layers", "cuántas capas ocultas"),
        ("--activation", "of the hidden layers", "de las capas ocultas"),
        ("--initializer", "the first weights", "los pesos iniciales"),
        ("--optimizer", "sgd, adam, lesson, …", "sgd, adam, lesson, …"),
        ("--batch-size", "examples per step; all: all", "ejemplos por paso; all: todos"),
        ("--l1", "a penalty on the weights", "una penalización de los pesos"),
        ("--l2", "a penalty on the squared weights", "una penalización de sus cuadrados"),
        ("--cost", "mse, mae, huber or cross_entropy", "mse, mae, huber o cross_entropy"),
    ):
        settings.add_argument(option, metavar=values, help=said(en, es))
    for option, en, es in (
        ("--seeds", "seeds of each cell (20; 5 of a table)", "semillas (20; 5 con una tabla)"),
        ("--steps", "number of updates", "cuántos pasos"),
        ("--arms", "number of spiral arms", "brazos de la espiral"),
        ("--classes", "number of blobs", "cuántas nubes"),
    ):
        sweep.add_argument(option, type=int, metavar=count, help=said(en, es))
    sweep.add_argument(
        "--below",
        type=float,
        metavar=said("COST", "COSTE"),
        help=said("the cost below which a seed succeeds", "el coste por debajo del que se logra"),
    )
    sweep.add_argument(
        "--noise", metavar=said("SIZE", "TAMAÑO"), help=said("spread of the points", "dispersión")
    )
    sweep.add_argument(
        "--target",
        metavar=said("COLUMN", "COLUMNA"),
        help=said("the column of a table to predict", "la columna de la tabla que se predice"),
    )
    sweep.add_argument(
        "--engine",
        choices=("numpy", "jax"),
        help=said("default: jax if it is installed", "por defecto, jax si está instalado"),
    )
    sweep.add_argument(
        "--jobs",
        type=int,
        default=-1,
        metavar=count,
        help=said("how many at once (default: all cores)", "cuántas a la vez (todos los núcleos)"),
    )
    _add_seed(sweep, said)
    _add_output(sweep, language, said)


def _add_tables(commands: Any) -> None:
    """Add the commands on tables."""
    from functools import partial

    add = partial(_add, commands, examples=TABLES)
    train = add(
        "train",
        "train a model on a CSV or Parquet file",
        "Learn to predict one column of a table from the others. Columns may hold numbers, text,\n"
        "dates such as 2024-12-31, and missing cells (empty or NA). A test on held-out rows gives\n"
        "the score. Saves the model, a picture of its curves, and a report: model.html.\n"
        "Ctrl-C ends the training early; the model so far is saved and tested.",
    )
    train.add_argument(
        "table",
        nargs="+",
        help="the CSV or Parquet file; - for the standard input; several files, or a pattern such "
        "as 'parts/*.csv', are one table",
    )
    train.add_argument("--target", required=True, metavar="COLUMN", help="the column to predict")
    columns = train.add_mutually_exclusive_group()
    columns.add_argument(
        "--drop", nargs="+", metavar="COLUMN", help="columns to learn nothing from, such as id"
    )
    columns.add_argument(
        "--only", nargs="+", metavar="COLUMN", help="the columns to learn from, and no others"
    )
    _add_encoding(train)
    _add_memory(train)
    train.add_argument(
        "--dates",
        choices=("dmy", "mdy", "ymd"),
        help="dates in a CSV file: 31/12/2024, 12/31/2024 or 2024/12/31; 2024-12-31 always works",
    )
    train.add_argument(
        "-o",
        "--output",
        default="model.safetensors",
        metavar="FILE",
        help="the model's file; the picture and the report go beside it",
    )
    train.add_argument(
        "--kind", choices=("auto", "classes", "numbers"), default="auto", help="kind of target"
    )
    train.add_argument(
        "--test-size",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="share of the rows to hold out for the test (0.2)",
    )
    train.add_argument("--epochs", type=int, metavar="N", help="passes over the table, at most")
    train.add_argument(
        "--hidden",
        type=_numbers(int),
        metavar="64,64",
        help="widths of the hidden layers; default: chosen",
    )
    train.add_argument(
        "--activation",
        type=_names,
        default=["silu"],
        metavar="NAME[,NAME…]",
        help="silu (default), ...: one, or one per hidden layer",
    )
    train.add_argument(
        "--cost",
        choices=COSTS,
        help="for classes: cross_entropy (default) or mse; for numbers: mse (default), mae, "
        "huber, poisson (counts) or pinball (a quantile)",
    )
    train.add_argument(
        "--quantile", type=float, metavar="Q", help="quantile for pinball, between 0 and 1 (0.5)"
    )
    _add_settings(train)
    train.add_argument("--seed", type=int, default=0, metavar="N", help="random seed")
    train.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="go on from this file if it is there, and write the training into it now and then",
    )
    train.add_argument(
        "--checkpoint-every",
        type=float,
        metavar="SECONDS",
        help="the time between two checkpoints (60)",
    )
    train.add_argument("--quiet", action="store_true", help="print only the files' paths")
    predict = add(
        "predict",
        "add predictions to a table",
        "Add a prediction column to the table. The model finds its columns by their names. The\n"
        "output is CSV, or Parquet if its name ends in .parquet.",
    )
    _add_model(predict, "the table", standard=True)
    predict.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="default: the standard output"
    )
    predict.add_argument("--proba", action="store_true", help="add the probability of each class")
    predict.add_argument(
        "--interval", type=float, metavar="SHARE", help="add an interval that holds 0.9, say"
    )
    evaluate = add(
        "evaluate",
        "test a model on a table",
        "Compare a model's predictions with the values in a table.",
    )
    _add_model(evaluate, "a table with the target column")
    evaluate.add_argument(
        "--target", metavar="COLUMN", help="default: the column that the model learned"
    )
    evaluate.add_argument("--html", metavar="FILE", help="save the report as a page, too")
    inspect = add("inspect", "show the contents of a model file", APART)
    inspect.add_argument("model", help="a model file")
    inspect.add_argument(
        "--number", metavar="LAYER:NAME[PLACE]", help="what this number is made of: 1:z[3,4,0]"
    )
    inspect.add_argument(
        "--examples", metavar="FILE", help="a table, or a file of numpy.savez with X and y"
    )
    inspect.add_argument(
        "--row", type=int, default=0, metavar="N", help="which example; default: 0"
    )
    export = add("export", "convert a model to NumPy, ONNX, PyTorch or Keras", FORMS)
    export.add_argument("model", help="a model file, from neurona.save or neurona train")
    export.add_argument(
        "--to", required=True, choices=("numpy", "onnx", "pytorch", "keras"), help="the format"
    )
    export.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="a file or a folder; default: beside the model; - for the standard output",
    )
    export.add_argument(
        "--opset", type=int, metavar="N", help="ONNX: the version of its operations, from 13 on"
    )


def _add_settings(train: argparse.ArgumentParser) -> None:
    """Add the less common settings of an estimator."""
    group = train.add_argument_group(
        "chosen by the table; give one to choose it yourself, or --quick to try no other setting"
    )
    group.add_argument("--quick", action="store_true", help="take one setting, and try no other")
    group.add_argument(
        "--networks", type=int, metavar="N", help="how many predict together: 4, or 1 to read it"
    )
    group.add_argument(
        "--folds", type=int, metavar="N", dest="cv", help="as many networks; each leaves a fold out"
    )
    group.add_argument("--ramps", type=int, metavar="N", help="ramps beside each number; 0: none")
    group.add_argument("--weight-decay", type=float, metavar="R", help="the optimizer's")
    group.add_argument("--l1", type=float, metavar="R", help="a penalty on the weights")
    group.add_argument(
        "--dropout", type=float, metavar="P", help="probability to drop a hidden neuron"
    )
    group.add_argument("--initializer", metavar="NAME", help="first weights: orthogonal, ...")
    group = train.add_argument_group("settings of the training; the defaults are the estimators'")
    group.add_argument("--optimizer", metavar="NAME", help="adam, nadam, momentum, ...")
    group.add_argument("--learning-rate", type=float, metavar="R", help="a constant rate")
    group.add_argument("--batch-size", type=int, metavar="N", help="rows per step")
    group.add_argument("--l2", type=float, metavar="R", help="a penalty on the weights' squares")
    group.add_argument(
        "--patience", type=int, metavar="N", help="stop after N epochs without a better validation"
    )
    group.add_argument(
        "--normalization", choices=("batch", "layer"), help="normalization of the hidden layers"
    )
    group.add_argument("--clip", type=float, metavar="N", help="the largest norm of a gradient")
    group.add_argument(
        "--label-smoothing", type=float, metavar="E", help="for classes, such as 0.1"
    )
    group.add_argument(
        "--balanced", action="store_true", help="give rare classes as much weight as common ones"
    )
    group.add_argument(
        "--engine", choices=("numpy", "jax"), help="numpy, or jax for the compiled engine"
    )
    group.add_argument(
        "--devices",
        type=_devices,
        metavar="all|N",
        help="devices of the compiled engine that share each step; default: one",
    )
    group = train.add_argument_group(
        "several processes, each with its part of the rows; the same command in each, but for its "
        "id"
    )
    group.add_argument(
        "--coordinator", metavar="HOST:PORT", help="a free port of process 0's machine"
    )
    group.add_argument("--processes", type=int, metavar="N", help="how many there are")
    group.add_argument("--process-id", type=int, metavar="K", help="which one this is, from 0 on")
    group.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="the longest wait for another process (60)",
    )


def _add_model(command: Any, what: str, standard: bool = False) -> None:
    command.add_argument("model", help="a model file from neurona train")
    if standard:
        command.add_argument("table", nargs="?", default="-", help=f"{what}; - for standard input")
    else:
        command.add_argument("table", help=f"{what}; - for the standard input")
    _add_encoding(command)
    _add_memory(command)


def _add_encoding(command: Any) -> None:
    command.add_argument(
        "--encoding",
        type=_encoding,
        metavar="NAME",
        help="encoding of a CSV file that is not UTF-8, such as cp1252",
    )


def _add_memory(command: Any) -> None:
    command.add_argument(
        "--max-memory",
        type=_bytes,
        metavar="SIZE",
        help="most memory that a compressed table may take once it is unpacked, such as 8GB (2GB)",
    )


def _bytes(text: str) -> int:
    """Return a size such as 8GB in bytes."""
    import argparse

    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    if not found or not float(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r}: give a size such as 500MB or 8GB")
    return int(float(found[1]) * 1000 ** " KMGT".index(found[2].upper() or " "))


def _devices(text: str) -> str | int:
    """Return how many devices there are to be, or ``"all"``."""
    import argparse

    if text != "all" and not re.fullmatch("[1-9][0-9]*", text):
        raise argparse.ArgumentTypeError(f"{text!r}: give all, or how many, such as 2")
    return text if text == "all" else int(text)


def _encoding(name: str) -> str:
    """Return the name of an encoding, if it exists."""
    import argparse

    try:
        "a".encode(name)
    except LookupError:
        raise argparse.ArgumentTypeError(
            f"there is no encoding {name!r}: give one such as cp1252, latin-1 or utf-16"
        ) from None
    return name


def _numbers(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """Return a parser of numbers separated by commas."""
    import argparse

    def read(text: str) -> list[Any]:
        try:
            return [kind(part) for part in text.split(",")]
        except ValueError:
            whole = "whole " if kind is int else ""
            raise argparse.ArgumentTypeError(
                f"{text!r}: give {whole}numbers separated by commas, such as "
                + ("4,8" if kind is int else "0.1 or 0.1,0.05")
            ) from None

    return read


def _decimal(language: Language) -> Callable[[str], float]:
    """Return a parser of a number with the decimal sign of either language."""
    import argparse

    def read(text: str) -> float:
        try:
            return read_number(text, language)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None

    return read


def _decimals(language: Language) -> Callable[[str], list[float]]:
    """Return a parser of numbers: semicolons separate them, or commas that are not decimal signs.

    >>> _decimals("es")("0,5; 0,2"), _decimals("es")("0.5,0.2"), _decimals("en")("1,2")
    ([0.5, 0.2], [0.5, 0.2], [1.0, 2.0])
    >>> _decimals("es")("1,5"), _decimals("en")("0,05")
    ([1.5], [0.05])
    """

    def read(text: str) -> list[float]:
        has_decimal_comma = r"\d+,\d+" if language == "es" else r"0,\d+"
        if ";" in text or re.fullmatch(has_decimal_comma, text.strip()):
            return [_decimal(language)(part) for part in text.split(";")]
        numbers: list[float] = _numbers(float)(text)
        return numbers

    return read


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _command(module: str) -> Callable[[argparse.Namespace], int]:
    """Return a function that imports and runs a command; so the help shows at once."""

    def run(given: argparse.Namespace) -> int:
        code: int = import_module(f"neurona.commands.{module}").run(given)
        return code

    return run


def _run_demo(given: argparse.Namespace) -> int:
    own = {"tutorial": "lesson"} | {name: f"demo_{name}" for name in LAYERED}
    return _command(own.get(given.data, "demo"))(given)
