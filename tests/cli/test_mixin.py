"""`mixin`: what it writes, what it finds in files that were changed, and what it says where something is missing."""

import os
import sys
from pathlib import Path

import pytest

from tests.conftest import Lacks
from tests.mixin.tools import installed

from .conftest import Cli


@pytest.fixture
def without_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)


@pytest.mark.usefixtures("without_tools")
def test_what_was_generated_is_valid_until_it_is_changed(cli: Cli, tmp_path: Path) -> None:
    assert cli("mixin", "generate", str(tmp_path)).status == 0
    said = cli("mixin", "validate", str(tmp_path))
    assert (said.status, said.err) == (0, "")
    assert "skipped  amtool check-config: amtool is not installed" in said.out

    changed, gone, left = (
        tmp_path / "prometheus" / "rules.yml", tmp_path / "prometheus" / "alerts.yml",
        tmp_path / "grafana" / "dashboards" / "of-before.json",
    )  # fmt: skip
    changed.write_text("groups: []")
    gone.unlink()
    left.write_text("{}")
    said = cli("mixin", "validate", str(tmp_path))
    assert said.status == 1
    assert said.out.splitlines()[:3] == [
        f"failed   {changed}: is another than `mixin generate` writes",
        f"failed   {gone}: is missing",
        f"failed   {left}: is of nothing that there is any more",
    ]


def test_messages_link_where_they_are_told_to(cli: Cli, tmp_path: Path) -> None:
    addresses = ["--grafana", "https://grafana.example.org/", "--runbook", "https://wiki.example.org/runbook"]
    assert cli("mixin", "generate", str(tmp_path), *addresses).status == 0
    rules = (tmp_path / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
    assert "dashboard_url: https://grafana.example.org/d/feedback-kpi-nps" in rules
    assert "runbook_url: https://wiki.example.org/runbook#feedbacknpsdropped" in rules
    assert "localhost" not in rules


def test_what_a_tool_refuses_is_shown(cli: Cli, tmp_path: Path, lacks: Lacks) -> None:
    installed("promtool", lacks)
    (tmp_path / "prometheus").mkdir()
    (tmp_path / "prometheus" / "rules.yml").write_text("groups: [{name: a, rules: [{record: b, expr: '('}]}]")
    said = cli("mixin", "validate", str(tmp_path))
    assert said.status == 1
    assert "failed   promtool check rules" in said.out
    assert "could not parse expression" in said.out
    assert "failed   promtool test rules: there are no files for it" in said.out


def test_what_has_to_be_installed_is_said(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "yaml" or "stream.mixin" in name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "yaml", None)
    said = cli("mixin", "generate", str(tmp_path))
    assert said == (1, "", "error: `mixin` needs yaml, which is not installed: pip install 'feedback-stream[mixin]'\n")


def test_a_place_that_cannot_be_written_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "prometheus").write_text("a file")
    said = cli("mixin", "generate", str(tmp_path))
    assert said.status == 1
    assert said.err.startswith(f"error: {tmp_path / 'prometheus'} cannot be written: ")
