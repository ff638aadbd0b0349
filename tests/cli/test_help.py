"""Help, version, and what is said of commands that there are not."""

import pytest

from stream import __version__

from .conftest import Cli

COMMANDS = [
    ["demo"], ["worker"], ["top"], ["simulate"], ["send"], ["score"], ["erase"], ["themes"], ["rebuild"],
    ["doctor"], ["bench"], ["size"],
    ["mixin", "generate"], ["mixin", "validate"],
    ["dead-letters", "list"], ["dead-letters", "show"], ["dead-letters", "replay"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_help_with_an_example(cli: Cli, command: list[str], option: str) -> None:
    said = cli(*command, option)
    assert said.status == 0
    _, _, example = said.out.partition("Example:")
    assert f"feedback-stream {' '.join(command)}" in example
    assert not said.err


def test_help_names_every_command(cli: Cli) -> None:
    said = cli("--help")
    assert said.status == 0
    assert all(command in said.out for command, *_ in COMMANDS)


def test_version(cli: Cli) -> None:
    assert cli("--version") == (0, f"feedback-stream {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["nonsense"], ["dead-letters", "nonsense"], ["score", "--nonsense", "-"]])
def test_what_there_is_not_is_named(cli: Cli, arguments: list[str]) -> None:
    said = cli(*arguments)
    assert said.status == 2
    assert "nonsense" in said.err
    assert not said.out
