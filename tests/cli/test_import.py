"""`import`: history from files by the source that has exported it, or by a map of columns."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.harness import read_topic
from tests.sources.examples import FILES

from .conftest import Cli

CSV = """\
Number;When;Answer;Channel;Remark
1;2026-03-01 09:30;9;phone;"quick, and
friendly"
2;2026-03-01 10:00;;phone;
3;2026-03-01 10:30;11;email;jane@example.com
4;yesterday;7;email;
"""
MAP = """\
zone: Europe/Paris
questions: {}
events:
  - event: survey_response
    fields:
      response_id: $.Number
      kpi: nps
      occurred_at: $.When
      score: $.Answer
      status: $.Answer
      channel: $.Channel
      comment: $.Remark
    words:
      score: {"": null}
      status: {"": skipped, "*": answered}
"""


def written(tmp_path: Path, name: str, text: str) -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def surveys(broker: str) -> list[Any]:
    return asyncio.run(read_topic(broker, "feedback.surveys"))


def test_a_dry_run_says_what_would_become_of_a_file(cli: Cli, tmp_path: Path) -> None:
    file, columns = written(tmp_path, "answers.csv", CSV), written(tmp_path, "columns.yaml", MAP)
    said = cli("import", file, "--source", "our-tool", "--map", columns, "--dry-run", broker="127.0.0.1:9")
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        "events: 2",
        "  survey_response: 2",
        "rejected: 2",
        "  invalid_time: 1",
        "    row 5: occurred_at: a time is written as in RFC 3339, such as 2026-03-01T09:30:00Z; got 'yesterday'",
        "  out_of_range: 1",
        "    row 4: score must be 0 to 10; got 11",
    ]


def test_events_go_to_their_topics_as_those_of_a_gateway_do(cli: Cli, broker: str, tmp_path: Path) -> None:
    file, columns = written(tmp_path, "answers.csv", CSV), written(tmp_path, "columns.yaml", MAP)
    arguments = ("import", file, "--source", "our-tool", "--map", columns)
    assert cli(*arguments, broker=broker, broker_kind="embedded").status == 0
    found = {record.key: record for record in surveys(broker)}
    assert dict(found[b"our-tool:1"].headers) == {"feedback-source": b"our-tool"}
    assert json.loads(found[b"our-tool:2"].value)["status"] == "skipped"
    assert json.loads(found[b"our-tool:1"].value) == {
        "type": "survey_response", "response_id": "our-tool:1", "kpi": "nps", "score": 9, "channel": "phone",
        "occurred_at": "2026-03-01T09:30:00+01:00", "comment": "quick, and\nfriendly",
        "status": "answered",
    }  # fmt: skip


def test_what_an_api_shows_is_read_by_its_source(cli: Cli, broker: str, tmp_path: Path) -> None:
    example = FILES["connect"]["deliveries"][0]
    file = written(tmp_path, "records.json", json.dumps(example["payload"]) * 2)
    arguments = ("import", file, "--source", "connect", "--format", "ndjson")
    said = cli(*arguments, broker=broker, broker_kind="embedded")
    assert said.out.splitlines() == ["events: 4", "  contact: 2", "  survey_response: 2"]
    assert len(surveys(broker)) == 2


def test_our_own_events_come_as_they_are(cli: Cli, tmp_path: Path) -> None:
    event = '{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z","score":9,"type":"survey_response"}'
    said = cli("import", written(tmp_path, "e.jsonl", event), "--source", "events", "--dry-run")
    assert said.out.splitlines() == ["events: 1", "  survey_response: 1"]


def test_a_file_of_which_nothing_can_be_counted_is_a_failure(cli: Cli, tmp_path: Path) -> None:
    said = cli("import", written(tmp_path, "e.jsonl", "{}"), "--source", "events", "--dry-run")
    assert said.status == 1
    assert "rejected: 1" in said.out


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("a.csv", ["--source", "nobody"], "there is no source nobody; there are "),
        ("a.xls", ["--source", "stripe"], "cannot be told by its name; say it with --format"),
        ("a.csv", ["--source", "stripe", "--encoding", "utf-9"], "there is no encoding utf-9"),
        ("a.csv", ["--source", "stripe", "--header", "X"], "a header is written `NAME: VALUE`; got 'X'"),
        ("a.csv", ["--source", "x", "--map", "/nowhere"], "/nowhere cannot be read: No such file"),
        ("nowhere.csv", ["--source", "stripe"], "nowhere.csv cannot be read: No such file"),
    ],
)
def test_what_cannot_be_used(cli: Cli, tmp_path: Path, name: str, arguments: list[str], message: str) -> None:
    file = written(tmp_path, name, "") if name.startswith("a.") else str(tmp_path / name)
    said = cli("import", file, *arguments, "--dry-run")
    assert said.status == 2
    assert message in said.err


def test_a_map_that_names_what_is_not_there(cli: Cli, tmp_path: Path) -> None:
    columns = written(tmp_path, "columns.yaml", "events: [{event: survey_response, fields: {scores: 1}}]")
    said = cli("import", written(tmp_path, "a.csv", ""), "--source", "x", "--map", columns, "--dry-run")
    assert said.status == 2
    assert "survey_response has no field scores" in said.err
