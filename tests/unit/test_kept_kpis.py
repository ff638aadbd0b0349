"""KPIs that are not kept: their events are judged all the same, and nothing is kept or shown of them."""

import pytest

from stream.catalogue import catalogue
from stream.doctor import _topics
from stream.engine import Engine
from stream.events.times import isoformat
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.layout import schemes
from stream.score import Report, Scorer
from stream.settings import Settings
from stream.store import State
from stream.table import Table
from stream.topics import changelog
from tests.unit.engines import SETTINGS, START, SURVEYS, feed, fields, new_engine, save, survey

ONLY_NPS = Settings(kpis="nps", min_sample=1)


def report(settings: Settings, *lines: bytes) -> Report:
    scorer = Scorer(settings, now=START + 3_600)
    scorer.count(lines)
    return scorer.report()


def test_events_of_others_are_judged_and_not_counted() -> None:
    lines = (
        survey("a", 9), survey("b", 4, kpi="csat"), survey("b", 4, kpi="csat"), survey("c", 5, kpi="csat"),
        survey("b", 1, kpi="csat", updated_at=isoformat(START + 9)), survey("d", 99, kpi="csat"),
    )  # fmt: skip
    found, whole = report(ONLY_NPS, *lines), report(Settings(min_sample=1), *lines)
    assert found.summary() == whole.summary()
    assert found.summary()["rejected"] == {"out_of_range": 1}
    assert found.scores == [score for score in whole.scores if score.score == "nps"]
    assert found.scores


def test_what_is_not_kept_has_no_table_no_changelog_and_no_score() -> None:
    assert [table.kpi.name for table in State(ONLY_NPS).of_source(SURVEYS, 0)] == ["nps"]
    assert [score["name"] for score in catalogue(ONLY_NPS)["scores"]] == ["nps"]
    (missing,) = _topics(ONLY_NPS, {})
    changelogs = {name for name in missing.found.split(", ") if name.endswith("-changelog")}
    assert changelogs == {changelog(ONLY_NPS, "nps")}


BOTH, ONE = ("nps", "csat"), ("nps",)


@pytest.mark.parametrize("runs", [[(ONE, 10), (BOTH, 20)], [(BOTH, 6), (ONE, 10), (BOTH, 20)]])
def test_what_is_kept_anew_is_counted_from_where_it_was_left_out(runs: list[tuple[tuple[str, ...], int]]) -> None:
    answers = [survey(f"r{number}", 1 + number % 5, kpi=BOTH[number % 2]) for number in range(16)]
    events = [*answers, *answers[3:7]]  # some come again
    whole = new_engine()
    feed(whole, *events)
    index, tables = MemoryIndex(), {name: Table(KPIS[name], schemes(SETTINGS)) for name in BOTH}
    for kept, until in runs:
        engine = Engine(SURVEYS, [tables[name] for name in kept], index, SETTINGS)
        feed(engine, *events[engine.position : until])
        save(engine)
    assert {kpi: fields(engine, kpi) for kpi in BOTH} == {kpi: fields(whole, kpi) for kpi in BOTH}
