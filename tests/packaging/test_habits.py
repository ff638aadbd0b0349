"""A developer's tools: the targets that `make` shows, and the hooks before a commit."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import Lacks
from tests.packaging.licences import ROOT
from tests.packaging.make import make

CONFIG = ROOT / ".pre-commit-config.yaml"
HOOKS: list[dict[str, Any]] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["repos"][0]["hooks"]


def test_make_alone_shows_every_target_with_what_it_does(lacks: Lacks) -> None:
    shown = re.findall(r"^  make ([a-z]+) +(\S.*)$", make(lacks), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert [name for name, _ in shown] == targets.split() == re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    assert all(len(f"  make {name:9} {what}") <= 120 for name, what in shown)


def test_before_a_commit_runs_what_make_check_runs(lacks: Lacks) -> None:
    hooks = [hook["entry"].replace(" --force-exclude", "") for hook in HOOKS]
    assert hooks == [line.removesuffix(" .") for line in make(lacks, "-n", "check").splitlines()]


def test_the_hooks_are_well_formed_and_their_programs_are_installed() -> None:
    installed = Path(sys.executable).parent
    done = subprocess.run([installed / "pre-commit", "validate-config", CONFIG], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert {hook["language"] for hook in HOOKS} == {"system"}, "the project's own tools, so that versions agree"
    for hook in HOOKS:
        assert (installed / hook["entry"].split()[0].removeprefix(".venv/bin/")).exists()
