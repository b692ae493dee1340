"""Files that earlier versions of neurona wrote are read, and predict as they did."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neurona.files import network as files
from neurona.files.estimator import estimator_of

OLDER = sorted((Path(__file__).parent.parent / "data" / "older").glob("*.safetensors"))
PETS = pd.DataFrame(
    {
        "kilos": [4.0, 22.0, np.nan],
        "colour": ["black", None, "red"],
        "tame": [True, True, False],
        "born": pd.to_datetime(["2016-02-03", "2018-05-06", "2017-01-01"]),
        "nothing": None,
    }
)


@pytest.mark.parametrize("path", OLDER, ids=lambda path: path.stem)
def test_a_file_of_an_earlier_version_predicts_as_it_did(path):
    """The notes of each have its predictions when it was written."""
    model = files.read(path)
    if model.estimator is None:
        rows = np.linspace(-1, 1, 2 * model.net.n_in).reshape(2, -1)
        predictions = model.net.predict(model.params, rows)
    else:
        estimator = estimator_of(path, model)
        rows = PETS if hasattr(estimator, "feature_names_in_") else np.arange(6.0).reshape(2, 3)
        predict = getattr(estimator, "predict_proba", estimator.predict)
        predictions = predict(rows)
    np.testing.assert_allclose(predictions, model.notes["predictions"], rtol=1e-5, atol=1e-5)


def test_there_are_files_of_each_kind():
    assert len(OLDER) >= 13
