"""The image: its Dockerfile by a linter, its pins, and the package that it installs."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from .compose import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
#: The user that the image makes.
UID = 10001


def test_the_linter_finds_nothing(tmp_path: Path) -> None:
    linter = [str(Path(sys.executable).with_name("hadolint"))]
    done = subprocess.run([*linter, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    wrong = tmp_path / "Dockerfile"
    wrong.write_text(DOCKERFILE.read_text(encoding="utf-8").replace(":3.11.13-slim-bookworm", ""), encoding="utf-8")
    assert subprocess.run([*linter, str(wrong)], capture_output=True, check=False).returncode == 1


def test_it_runs_as_nobody_else_and_on_what_is_tested() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(stages) == 2
    assert len(set(stages)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", stages[0])
    assert re.findall(r"^USER (.*)$", text.rpartition("FROM ")[2], re.MULTILINE) == [str(UID)]
    assert f"--uid {UID} " in text


def pins() -> dict[str, str]:
    lines = (ROOT / "deploy" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_the_pins_are_what_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["text"]]):
        pinned = pins().get(requirement.name)
        assert pinned is not None, f"{requirement.name} is not pinned; run `make lock`"
        assert pinned in requirement.specifier, f"{requirement.name} is pinned at {pinned}; run `make lock`"


def test_the_context_has_all_that_is_copied() -> None:
    kept = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    copied = [line.split()[1:-1] for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if line[:5] == "COPY "]
    assert {source for sources in copied for source in sources if not source.startswith(("--from", "/"))} == kept
    assert all((ROOT / source).exists() for source in kept)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as the image installs it, made of the files that are in the image's context."""
    place = tmp_path_factory.mktemp("image")
    context, target = place / "context", place / "target"
    context.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, context)
    shutil.copytree(ROOT / "stream", context / "stream", ignore=shutil.ignore_patterns("__pycache__"))
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", f"--target={target}", str(context)]
    subprocess.run(install, check=True, capture_output=True)
    return target


@pytest.mark.parametrize("arguments", [["--version"], ["worker", "--help"], ["score", "/dev/null", "--format", "json"]])
def test_the_package_is_whole_and_writes_nothing_where_it_runs(
    installed: Path, tmp_path: Path, arguments: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stream", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed), "PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not list(tmp_path.iterdir())


def test_the_package_has_every_file_that_the_tree_has(installed: Path) -> None:
    tree, package = (
        {path.relative_to(root).as_posix() for path in (root / "stream").rglob("*") if path.is_file()}
        for root in (ROOT, installed)
    )
    assert {name for name in tree - package if "__pycache__" not in name} == set()
