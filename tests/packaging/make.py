"""Running `make` as a developer does, with what is installed taken for installed."""

import os
import shutil
import subprocess

from tests.conftest import Lacks
from tests.packaging.licences import ROOT


def make(lacks: Lacks, *arguments: str, venv: str = ".venv") -> str:
    """What `make` prints; it must end well."""
    if shutil.which("make") is None:
        lacks("the targets of the Makefile", "make is not installed")
    done = subprocess.run(
        ["make", "--no-print-directory", "-o", f"{venv}/.installed", f"VENV={venv}", *arguments],
        cwd=ROOT,
        # These tests may run in a `make` themselves, whose options are not theirs.
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
