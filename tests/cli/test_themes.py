"""`themes`: a taxonomy tried on comments, and what is said without the extra."""

import json
from pathlib import Path

import pytest

from stream import text

from .conftest import Cli

COMMENTS = b"45 min d'attente, mais un conseiller aimable\n\n...\n"


def test_it_says_what_is_found_and_why(cli: Cli) -> None:
    said = cli("themes", "-", stdin=COMMENTS)
    assert said.status == 0
    assert said.out.splitlines() == [
        "45 min d'attente, mais un conseiller aimable",
        "  neutral (fr): min d attente -1.1, aimable +2",
        "  waiting: attente",
        "  kindness: aimable",
        "...",
        "  not read: it has no words, or is in another language",
    ]
    assert said.err.splitlines() == ["2 comments, 0 without a theme", "  waiting: 1 (50%)", "  kindness: 1 (50%)"]


def test_events_are_read_for_their_comments(cli: Cli) -> None:
    events = b'{"comment":"ok","language":"fr"}\n{"score":9}\n{"comment":null}\n{"comment":"the app"}\n'
    said = cli("themes", "-", "--format", "json", stdin=events)
    assert [json.loads(line) for line in said.out.splitlines()] == [
        {"comment": "ok", "language": "fr", "sentiment": "neutral", "themes": {}, "weights": {}},
        {"comment": "the app", "language": "en", "sentiment": "neutral", "themes": {"website": ["app"]}, "weights": {}},
    ]
    assert said.err == ""


def test_the_taxonomy_is_the_options_or_the_settings(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("themes: {parking: {fr: [parking]}}")
    for said in (
        cli("themes", "-", "--taxonomy", str(path), "--language", "fr", stdin=b"parking plein"),
        cli("themes", "-", "--language", "fr", stdin=b"parking plein", taxonomy=path),
    ):
        assert "  parking: parking\n" in said.out
    path.write_text("themes: {parking: {fr: parking}}")
    said = cli("themes", "-", "--taxonomy", str(path), stdin=b"x")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"error: taxonomy {path}, line 1: fr of theme 'parking' is no list; write")


@pytest.mark.parametrize("command", [("themes", "-"), ("worker", "--role", "text")], ids=" ".join)
def test_without_the_extra_one_sentence_says_what_to_install(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(text, "_NEEDED", ("no_such_module",))
    said = cli(*command)
    what = " ".join(command).removesuffix(" -")
    assert (said.status, said.out) == (1, "")
    assert said.err == f"error: {what} needs the extra `text`: pip install 'feedback-stream[text]'\n"
