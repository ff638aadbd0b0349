"""Programs of Prometheus and Alertmanager, run on the files in deploy."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Lacks

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
}


def installed(name: str, lacks: Lacks) -> str:
    """Where a program is; without it, the test ends."""
    found = shutil.which(name)
    if found is None:
        lacks(f"what needs {name}", f"{name} is not installed (Debian's package {_PACKAGES[name]})")
    return found


def said(*command: str, status: int = 0) -> str:
    """What a program prints, which must end with this status; its complaints too, where it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + (done.stderr if status else "")


@pytest.fixture(scope="session")
def promtool(lacks: Lacks) -> str:
    """Where promtool is."""
    return installed("promtool", lacks)


@pytest.fixture(scope="session")
def amtool(lacks: Lacks) -> str:
    """Where amtool is."""
    return installed("amtool", lacks)
