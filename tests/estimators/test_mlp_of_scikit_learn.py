"""scikit-learn's own tests of its MLP: each passes, or is explained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

ROOT = Path(__file__).parents[2]


@pytest.mark.long
@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"), reason="other tests are explained"
)
def test_its_tests_pass_or_are_explained():
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.mlp_tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    *_, counts = run.stdout.splitlines()
    page = (ROOT / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
    assert counts == "40 pass, 4 missing, 15 design"
    assert "40 of 59 pass" in page
    for line in run.stdout.splitlines():
        if line.startswith(("design", "missing")):
            assert line.split()[1].partition("[")[0].rstrip(":") in page
