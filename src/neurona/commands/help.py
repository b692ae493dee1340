"""The texts beneath the help of the commands: examples, and exit codes."""

from __future__ import annotations

from neurona.language import Text

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
