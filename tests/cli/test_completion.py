"""What shells complete: by the protocols of bash and zsh, and in a real bash."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Lacks
from tests.integration.harness import environment

from .conftest import Cli

#: What click and typer look for: set, the command answers a shell instead of doing something.
VARIABLE = "_FEEDBACK_STREAM_COMPLETE"


@pytest.fixture
def completed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> "Completed":
    return Completed(cli, monkeypatch)


class Completed:
    """What is offered for a line that ends where the cursor is."""

    def __init__(self, cli: Cli, environment: pytest.MonkeyPatch) -> None:
        self._cli, self._environment = cli, environment

    def in_bash(self, line: str, **settings: object) -> list[str]:
        self._environment.setenv("COMP_WORDS", line)
        self._environment.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        return self._said("bash", settings).split()

    def in_zsh(self, line: str, **settings: object) -> list[str]:
        self._environment.setenv("_TYPER_COMPLETE_ARGS", line)
        return re.findall(r'^(?:_arguments .*\(\()?"([^"]*)"', self._said("zsh", settings), re.MULTILINE)

    def _said(self, shell: str, settings: dict[str, object]) -> str:
        self._environment.setenv(VARIABLE, f"complete_{shell}")
        said = self._cli(**settings)
        assert (said.status, said.err) == (0, "")
        return said.out


OFFERED = [
    ("sco", ["score"]),
    ("dead-letters re", ["replay"]),
    ("score --kpi csat", ["csat", "csat_mean"]),
    ("score --kpi nps --kpi ces", ["ces", "ces_easy"]),
    ("score --window 2", ["24h"]),
    ("score --scope t", ["touchpoint", "team"]),
    ("score --format ", ["json", "table"]),
    ("replay --kpi c", ["csat", "ces", "churn"]),
    ("replay --scope a", ["all"]),
    ("top --scope se", ["segment"]),
    ("worker --role a", ["all", "agents"]),
    ("simulate --scenario nps", ["nps-drop"]),
    ("demo --scenario nps", ["nps-drop"]),
    ("import --source type", ["typeform"]),
    ("dead-letters list --reason time", ["time_in_future", "time_without_zone"]),
    ("dead-letters list --topic feedback.c", ["feedback.churn", "feedback.contacts", "feedback.cases"]),
    ("score --kpi nonsense", []),
    ("score ./", []),  # nothing of ours: the shell goes on with files
]


@pytest.mark.parametrize(("typed", "offered"), OFFERED, ids=[typed for typed, _ in OFFERED])
def test_what_is_typed_is_completed(completed: Completed, typed: str, offered: list[str]) -> None:
    assert completed.in_bash(f"feedback-stream {typed}") == offered
    assert completed.in_zsh(f"feedback-stream {typed}") == offered


def test_it_goes_by_the_settings(completed: Completed, tmp_path: Path) -> None:
    assert completed.in_bash("feedback-stream score --window ", windows="2h/1m,1d/1h") == ["2h", "1d"]
    assert completed.in_bash("feedback-stream score --scope ", scopes="team") == ["all", "team"]
    sources = tmp_path / "sources.yaml"
    sources.write_text("our-tool: {source: delighted}")
    assert completed.in_bash("feedback-stream import --source our", gateway_sources=sources) == ["our-tool"]


def test_wrong_settings_do_not_disturb_who_is_typing(completed: Completed) -> None:
    assert completed.in_bash("feedback-stream score --window ", windows="soon") == []
    assert completed.in_zsh("feedback-stream score --window ", windows="soon") == []


def test_a_shell_that_has_it_installed_completes(tmp_path: Path, lacks: Lacks) -> None:
    bash = shutil.which("bash")
    if bash is None:
        lacks("completion in bash", "bash is not installed")
    command = tmp_path / "bin" / "feedback-stream"
    command.parent.mkdir()
    program = "import sys; from stream.cli import main; sys.argv[0] = 'feedback-stream'; main()"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{program}" "$@"\n')
    command.chmod(0o755)
    own = environment("unused") | {"HOME": str(tmp_path)}
    own["PATH"] = f"{command.parent}:{own['PATH']}"

    def run(script: str) -> str:
        shell = [bash, "--norc", "-c", script]
        done = subprocess.run(shell, cwd=tmp_path, env=own, capture_output=True, text=True, check=True)
        return done.stdout

    # The shell that asks is found among the parents, so this must not be the last command, which would take its place.
    assert "completion installed" in run("feedback-stream --install-completion; exit $?")
    ask = "COMP_WORDS=(feedback-stream score --kpi csat); COMP_CWORD=3; "
    shown = run(f'. .bashrc; {ask} _feedback_stream_completion feedback-stream; printf "%s\\n" "${{COMPREPLY[@]}}"')
    assert shown.split() == ["csat", "csat_mean"]
    assert "-F _feedback_stream_completion feedback-stream" in run(". .bashrc; complete -p feedback-stream")
