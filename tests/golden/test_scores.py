"""`score` says exactly what is committed, and what is committed is what the definitions give by hand."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from math import sqrt
from typing import Any

import pytest
from typer.testing import CliRunner

from stream.cli import app
from stream.kpi.csat import SATISFIED_FROM

from .files import CASES, FOLDER, Case, compare
from .hand import KEY_VALUES, SUMMARIES, Place


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only a case's settings; what scoring with them changed is put back."""
    for name in [name for name in os.environ if name.startswith("FEEDBACK_")]:
        monkeypatch.delenv(name)
    thresholds = dict(SATISFIED_FROM)
    yield
    SATISFIED_FROM.clear()
    SATISFIED_FROM.update(thresholds)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_output_is_what_is_committed(case: Case) -> None:
    result = CliRunner().invoke(
        app, ["score", str(case.events), "--format", "json", *case.options], env=case.settings, catch_exceptions=False
    )
    assert result.exit_code == 0, result.stderr
    assert not result.stderr
    compare(f"{case.name}.out.jsonl", result.stdout_bytes)


LABELS = ("currency", "theme")


def place_of(row: dict[str, Any]) -> Place:
    """Where a score stands, its label last if it has one."""
    return (row["kpi"], row["window"], row["scope"], row["member"], *(row[label] for label in LABELS if label in row))


def committed(name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *rows, last = (json.loads(line) for line in (FOLDER / f"{name}.out.jsonl").read_text().splitlines())
    assert set(last) == {"summary"}
    return rows, last["summary"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_line_is_in_one_figure(case: Case) -> None:
    _, summary = committed(case.name)
    rejected = summary.pop("rejected")
    lines = case.events.read_bytes().removesuffix(b"\n").split(b"\n")
    assert sum(summary.values()) + sum(rejected.values()) == len(lines)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rows_are_of_the_form_of_the_contract(case: Case) -> None:
    rows, summary = committed(case.name)
    assert list(summary) == ["accepted", "duplicates", "corrections", "deletions", "late", "rejected"]
    for row in rows:
        assert [name for name in row if name not in LABELS] == [
            "kpi", "window", "scope", "member", "as_of", "value", "lower", "upper", "n", "suppressed", "fields",
        ]  # fmt: skip
        assert row["n"] > 0
        assert (row["value"] is None) == row["suppressed"]
    assert max(Counter(map(place_of, rows)).values()) == 1


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_the_summary_is_the_one_counted_by_hand(name: str) -> None:
    assert committed(name)[1] == SUMMARIES[name]


@pytest.mark.parametrize(("name", "place", "value", "n"), KEY_VALUES)
def test_key_values_are_those_computed_by_hand(name: str, place: Place, value: float | None, n: int | None) -> None:
    found = {place_of(row): row for row in committed(name)[0]}
    if n is None:
        assert place not in found
        return
    assert found[place]["n"] == n
    # Times are known within a tenth.
    near = 0.1 if found[place]["kpi"] in {"response_time", "case_time_to_close"} else 0.0
    assert found[place]["value"] == (value if value is None else pytest.approx(value, rel=near, abs=1e-12))


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_nps_and_its_bounds_follow_from_the_fields(name: str) -> None:
    for row in committed(name)[0]:
        if row["kpi"] != "nps" or row["suppressed"]:
            continue
        p, d = (row["fields"][field] for field in ("promoters", "detractors"))
        n = p + d + row["fields"]["passives"]
        up, down = (p + 0.75) / (n + 3), (d + 0.75) / (n + 3)
        half = 1.96 * sqrt((up + down - (up - down) ** 2) / (n + 3))
        bounds = [max(-1, up - down - half), min(1, up - down + half)]
        assert row["n"] == n
        assert [row["value"], row["lower"], row["upper"]] == pytest.approx(
            [100 * (p - d) / n, *(100 * x for x in bounds)]
        )
