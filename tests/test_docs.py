"""What the documents say is so: generated pages, links, examples, commands, identities, reasons."""

import ast
import doctest
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

from stream import decode
from stream.cli import app
from stream.errors import Rejected
from stream.events import EVENTS, Event, Observation
from stream.events.times import parse_time
from stream.reference import documents, main
from stream.reference_domain import IDENTITY, REASONS
from stream.saved import INDEX_VERSION, STATE_VERSION
from stream.schemas import EXAMPLES
from stream.score import Scorer
from stream.settings import Settings

from .markdown import DOCS, ROOT, blocks, slug, text_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
GENERATED = documents()


# Generated pages


@pytest.mark.parametrize("name", GENERATED)
def test_the_committed_page_is_the_generated_one(name: str) -> None:
    committed = text_of(name)
    assert committed == GENERATED[name], "run `make generate`"
    assert "`python -m stream.reference docs`" in committed.partition("\n")[0]


def test_checking_finds_a_page_that_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--check"]) == 1
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0
    (tmp_path / "kpis.md").write_text("something else")
    assert main([str(tmp_path), "--check"]) == 1
    assert f"{tmp_path / 'kpis.md'} is not what" in capsys.readouterr().err.splitlines()[-1]


def test_the_settings_example_says_the_same_in_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    page = GENERATED["configuration.md"]
    for assignment in re.findall(r"(FEEDBACK_\w+)=(\S+)", blocks(page, "sh")[0]):
        monkeypatch.setenv(*assignment)
    by_environment = Settings.load()
    monkeypatch.undo()
    in_file = tomllib.loads(blocks(page, "toml")[0])
    by_file = Settings(**in_file)
    assert by_environment == by_file != Settings()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_default_as_it_is_written_is_the_default(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = re.search(rf"^\| `(FEEDBACK_{name.upper()})` \|.*?\| (.*?) \|", GENERATED["configuration.md"], re.MULTILINE)
    assert row is not None
    monkeypatch.setenv(row[1], row[2].strip("`") if row[2] != "none" else "")
    assert getattr(Settings.load(), name) == Settings.model_fields[name].get_default()


@pytest.mark.parametrize("name", ["kpis.md", "privacy.md"])
def test_the_examples_of_a_page_run(name: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags)
    examples = blocks(text_of(name), "pycon")
    for number, example in enumerate(examples):
        runner.run(doctest.DocTestParser().get_doctest(example, {}, f"{name}, example {number + 1}", None, 0))
    assert examples
    assert runner.summarize().failed == 0


# Events


def _other(field: str, value: Any) -> Any:
    """Another value for a field, of the same kind."""
    special = {"change": "joined", "kpi": "enps"}
    if field in special:
        return special[field]
    if field.endswith("_at") and value is None:
        return parse_time("2026-05-01T00:00:00Z")
    match value:
        case bool():
            return not value
        case int() | Decimal():
            return value + 1
        case datetime():
            return value + timedelta(seconds=1)
        case _:
            return f"another {value}"


def _names(observation: Observation) -> tuple[str | None, str, str | None]:
    return observation.customer, observation.identity, None if observation.facts is None else observation.facts.name


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_the_identity_is_made_of_the_fields_that_are_named(event: type[Event]) -> None:
    example = event.model_validate(
        EXAMPLES[event.name][0] | ({"question": "q"} if "question" in IDENTITY[event.name] else {})
    )
    before = example.observe()
    changing = {
        field
        for field, value in example
        if field not in {"type", "scale"}
        and _names(example.model_copy(update={field: _other(field, value)}).observe()) != _names(before)
    }
    assert changing == set(IDENTITY[event.name])


def _reasons_in(path: Path) -> Iterator[str]:
    """The words that a module rejects with: the first argument of what it raises."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            raises = node.func.id in {"Rejected", "PydanticCustomError"}
            if raises and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def test_every_reason_of_rejection_is_listed() -> None:
    raised = {reason for path in (ROOT / "stream").rglob("*.py") for reason in _reasons_in(path)}
    raised |= {*decode._REASONS.values(), "wrong_type", "fractional_score"}
    assert raised == set(REASONS)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"score": 6.5}, "fractional_score"),
        ({"score": "9"}, "wrong_type"),
        ({"score": 11}, "out_of_range"),
        ({"kpi": "fcr"}, "unknown_kpi"),
        ({"scale": {"min": 1, "max": 5}}, "unknown_scale"),
        ({"status": "lost"}, "unknown_value"),
        ({"occurred_at": "2026-03-01T09:30:00"}, "time_without_zone"),
        ({"response_id": ""}, "empty"),
        ({"channel": "x" * 65}, "too_long"),
        ({"type": "survey"}, "unknown_type"),
    ],
)
def test_a_reason_means_what_the_table_says(changed: dict[str, Any], reason: str) -> None:
    value = json.dumps(EXAMPLES["survey_response"][0] | changed).encode()
    with pytest.raises(Rejected) as rejected:
        decode.decode(value, (), "feedback.surveys", 1_000)
    assert rejected.value.reason == reason
    assert reason in REASONS


# README


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 150


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_prose_fits_on_a_screen(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert [line for line in prose.splitlines() if len(line) > 120 and not line.startswith("|")] == []


def test_the_event_of_the_readme_becomes_a_number() -> None:
    scorer = Scorer(Settings(min_sample=1), now=2e9)
    scorer.count(blocks(README, "json")[0].encode().splitlines())
    report = scorer.report()
    assert report.summary()["accepted"] == 1
    found = {(score.score, score.window, score.scope, score.member) for score in report.scores}
    assert ("nps", "24h", "channel", "phone") in found


def test_the_metrics_of_the_readme_exist() -> None:
    named = re.findall(r"^(\w+)\{(.*?)\}", blocks(README, "text")[0], re.MULTILINE)
    assert named
    for name, labels in named:
        row = re.search(rf"^\| `{name}` \|.*$", GENERATED["metrics.md"], re.MULTILINE)
        assert row is not None, name
        shown = [label.partition("=")[0] for label in labels.split(",")]
        assert all(f"`{label}`" in row[0] for label in shown)


COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def _leaves() -> Iterator[tuple[str, Any]]:
    for name, command in COMMANDS.items():
        yield from (
            [(f"{name} {sub}", leaf) for sub, leaf in command.commands.items()]
            if hasattr(command, "commands")
            else [(name, command)]
        )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_in_the_table_of_the_readme(name: str) -> None:
    first_cells = re.findall(r"^\| (`[^|]*`) \|", README, re.MULTILINE)
    assert f"`{name}`" in ", ".join(first_cells).split(", ")


def test_the_table_of_the_readme_names_no_other_commands() -> None:
    first_cells = re.findall(r"^\| (`[^|]*`) \|", README, re.MULTILINE)
    assert set(", ".join(first_cells).replace("`", "").split(", ")) == set(COMMANDS)


@pytest.mark.parametrize(("name", "command"), [pytest.param(*leaf, id=leaf[0]) for leaf in _leaves()])
def test_the_help_of_a_command_has_an_example(name: str, command: Any) -> None:
    help_, _, example = (command.help or "").partition("Example:")
    assert help_.strip()
    assert f"feedback-stream {name} " in f"{example.strip()} "
    assert all(getattr(parameter, "help", "") for parameter in command.params), "every option says what it is for"


# Links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), target


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/design.md",
        "docs/getting-started.md",
        "docs/operations.md",
        "docker-compose.yml",
        "deploy/Dockerfile",
    ],
)
def test_the_settings_that_are_named_exist(name: str) -> None:
    named = set(re.findall(r"FEEDBACK_(?!GATEWAY_STRIPE)(\w+)", (ROOT / name).read_text(encoding="utf-8")))
    assert {setting.lower() for setting in named} <= Settings.model_fields.keys()


def test_the_modules_of_the_design_exist() -> None:
    named = set(re.findall(r"\b(\w+\.py)\b", text_of("design.md")))
    assert len(named) > 10
    assert named <= {path.name for path in (ROOT / "stream").iterdir()}


def test_the_headings_of_a_page_differ() -> None:
    for page in PAGES:
        headings = sorted(re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE))
        same = [one for one, next_ in pairwise(headings) if one == next_]
        assert page.name == "CHANGELOG.md" or not same, f"{page.name}: an anchor leads to the first of {same}"


# Versions


def test_each_version_says_what_happens_to_saved_tables() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    formats = []
    for section in sections:
        says = re.search(
            r"^### Saved tables\n\n(State version (\d+), index version (\d+)\. .+?)\n\n", section, re.S | re.M
        )
        assert says, f"{section.splitlines()[0]}: begins no part *Saved tables* with its state and index version"
        formats.append((int(says[2]), int(says[3])))
    assert formats, "there is no version"
    assert formats[0] == (STATE_VERSION, INDEX_VERSION), "the newest one names other formats than stream/saved.py"
    assert formats == sorted(formats, reverse=True)
