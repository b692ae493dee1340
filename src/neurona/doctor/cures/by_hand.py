"""Cures that a person applies: no trial can show them."""

from __future__ import annotations

from neurona.doctor.case import Case, Cure
from neurona.doctor.cures.changes import CURES
from neurona.language import Text


def _by_hand(case: Case) -> None:
    """Change nothing: no trial can show it."""


for _name, _words in {
    "separate-test": Text(
        "validation examples that are not among the training examples",
        "ejemplos de validación que no estén entre los de entrenamiento",
    ),
    "check-labels": Text(
        "a check of the labels of equal examples",
        "una revisión de las etiquetas de los ejemplos iguales",
    ),
    "check-targets": Text(
        "a check of the extreme targets", "una revisión de los objetivos extremos"
    ),
    "check-layer": Text(
        "a check of the layer's derivative", "una revisión de la derivada de la capa"
    ),
}.items():
    CURES[_name] = Cure(_name, _words, _by_hand)
