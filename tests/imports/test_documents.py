"""The examples of docs/import.md, docs/gateway.md and docs/connect.md do what is said of them."""

import json
import re
from pathlib import Path

import yaml

from stream.gateway.inlets import made
from stream.gateway.records import Preparer
from stream.imports.history import Report, records
from stream.imports.reading import things
from stream.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_map_of_columns_fits_the_file() -> None:
    (columns,), file = blocks("import.md", "yaml"), blocks("import.md", "text")[-1]
    source, report = made("our-tool", {"source": "generic"} | yaml.safe_load(columns)), Report()
    lines = things([line.encode() for line in file.splitlines()], "csv")
    found = [json.loads(record.value) for record in records(lines, source, Preparer(Settings()), {}, 2e9, report)]
    assert [(event["response_id"], event["status"], event["score"]) for event in found] == [
        ("our-tool:1", "answered", 9), ("our-tool:2", "skipped", None),
    ]  # fmt: skip
    assert not report.rejected


def test_what_the_gateways_page_says_of_sources_can_be_said() -> None:
    said = {name: options for block in blocks("gateway.md", "yaml") for name, options in yaml.safe_load(block).items()}
    assert {"qualtrics", "surveymonkey", "genesys", "our-tool"} <= set(said)
    for name, options in said.items():
        assert made(name, options).name == name


def test_configurations_are_json() -> None:
    found = [json.loads(block) for block in blocks("connect.md", "json")]
    assert len(found) == 3
