"""``python -m neurona`` is the command."""

import subprocess
import sys

import neurona


def test_the_package_runs_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "neurona", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"neurona {neurona.__version__}\n"
