"""What the sizing model says is so: as many series, rows and keys as a real state has, and more load needs no less."""

import re
from collections.abc import Iterator
from itertools import product

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.drops.alerts import Book
from stream.drops.detector import Detector
from stream.engine import Engine
from stream.errors import SettingsError
from stream.events.times import isoformat
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.layout import horizon
from stream.score_metrics import DropMetrics, ScoreMetrics, TargetMetrics
from stream.settings import Settings
from stream.sizing import Load, Margins, Size, load_of, size
from stream.sizing.costs import COSTS
from stream.sizing.counts import layouts, series, service_series
from stream.sizing.partition import partition
from stream.store import State
from stream.view import View
from tests.unit.engines import Line

NOW = 1_772_359_200.0
CHANNELS, TOUCHPOINTS, SEGMENTS, TEAMS = ("phone", "web", "chat"), ("billing", "support"), ("a", "b"), ("x", "y", "z")
#: All of them, and the survey.
MEMBERS = len(CHANNELS) + len(TOUCHPOINTS) + len(SEGMENTS) + len(TEAMS) + 1
CROSSES = len(CHANNELS) * len(TOUCHPOINTS) * len(SEGMENTS)
ASKED = {"nps": 9, "csat": 4, "ces": 6, "enps": 9}
#: Answers of each combination, so many that no score is withheld.
TIMES = 6


def answers(days: int = 1) -> Iterator[bytes]:
    """Every combination, to every question, in the last seconds of the last days."""
    combinations = product(range(days), CHANNELS, TOUCHPOINTS, SEGMENTS, TEAMS, ASKED, range(TIMES))
    for number, (day, channel, touchpoint, segment, team, kpi, _) in enumerate(combinations):
        yield orjson.dumps({
            "response_id": f"r{number}", "kpi": kpi, "score": ASKED[kpi] - number % 2, "survey_id": "s",
            "occurred_at": isoformat(NOW - 9 - 86_400 * day), "channel": channel, "touchpoint": touchpoint,
            "segment": segment, "team": team,
        })  # fmt: skip


def orders() -> Iterator[bytes]:
    """Likewise in two currencies, of customers who order again and buy more."""
    combinations = product(CHANNELS, TOUCHPOINTS, SEGMENTS, TEAMS, ("EUR", "JPY"), range(TIMES))
    for number, (channel, touchpoint, segment, team, currency, again) in enumerate(combinations):
        yield orjson.dumps({
            "order_id": f"o{number}", "customer_id": f"c{number}", "amount": f"{10 + again}", "currency": currency,
            "kind": ("upsell", "cross_sell", "repeat")[again % 3], "survey_id": "s",
            "occurred_at": isoformat(NOW - 9), "channel": channel, "touchpoint": touchpoint, "segment": segment,
            "team": team,
        })  # fmt: skip


def populated(settings: Settings, days: int = 1) -> State:
    """A state that has counted all of it."""
    for kpi in KPIS.values():
        kpi.configure(settings)
    state = State(settings)
    for topic, events in (("feedback.surveys", answers(days)), ("feedback.orders", orders())):
        engine = Engine(topic, state.of_source(topic, 0), MemoryIndex(), settings, late_after=horizon(settings))
        done = engine.process([Line(offset, value) for offset, value in enumerate(events)], NOW)
        assert set(done.outcomes) == {"accepted"}
        engine.settle()
    return state


LAYOUTS = [
    Settings(),
    Settings(cross=""),
    Settings(windows="5m/10s,30d/6h", scopes="channel,touchpoint,segment,team,survey", targets="nps:30"),
    Settings(cross="channel,touchpoint,segment", cross_from="5m", drop_interval=0),
]


@pytest.mark.parametrize("settings", LAYOUTS, ids=range(len(LAYOUTS)))
def test_there_are_as_many_series_as_a_view_of_a_populated_state_shows(settings: Settings) -> None:
    state = populated(settings)
    view = View(settings, state)
    shown = list(view.scores(view.snapshot(NOW))), list(View.split(view.slices(NOW)))
    real = sum(len(metric.samples) for metric in ScoreMetrics(lambda: shown, list(settings.cross)).collect())
    targets = sum(len(metric.samples) for metric in TargetMetrics(settings.targets).collect())
    load = load_of(["10", "orders:1"], [], MEMBERS, CROSSES if settings.cross else 0, settings, labels=2)
    expected = series(settings, load)
    assert (expected.scores + expected.crosses, expected.targets) == (real, targets)


def test_there_are_as_many_series_of_charts_as_a_detector_shows() -> None:
    settings = Settings(drop_min_sample=50)
    state = populated(settings, days=25)
    detector, standings = Detector(settings, state, Book()), []
    for kpi in (KPIS[name] for name in ASKED):
        gathered = detector.gather(kpi, NOW)
        assert gathered is not None
        standings += list(detector.judge(kpi, gathered, NOW).standings())
    real = sum(len(metric.samples) for metric in DropMetrics(lambda: standings, list).collect())
    load = load_of(["10"], [], MEMBERS, CROSSES, settings)
    assert series(settings, load).charts == real == 5 * (1 + MEMBERS) * len(ASKED)


def test_the_state_has_as_many_rows_and_keys_as_the_layout_says() -> None:
    settings = Settings()
    state = populated(settings)
    load = load_of(["10", "orders:1"], [], MEMBERS, CROSSES, settings, labels=2)
    for kpi in load.kpis:
        (table,) = state.tables(kpi)
        found = layouts(settings, load, kpi)
        assert [len(grid.rows) for grid in table.grids] == [layout.rows for layout in found]
        for grid, layout in zip(table.grids, found, strict=True):
            # All is of now: one pane of each advance, whose every row is a state key and a place in the arrays.
            assert len(grid.panes) == len(layout.panes)
            assert {advance for advance, _ in grid.panes} == layout.panes.keys()
            real = sum(p.fields.nbytes + p.offsets.nbytes + p.dirty.nbytes for p in grid.panes.values())
            assert real == len(grid.panes) * layout.state_bytes / sum(layout.panes.values())
        assert table.keys == sum(len(layout.panes) * layout.touched(1e9) for layout in found)


@given(events=st.integers(1, 3_000), groups=st.lists(st.integers(1, 400), min_size=1, max_size=4), seed=st.integers(0))
def test_so_many_rows_are_touched_on_average(events: int, groups: list[int], seed: int) -> None:
    chance = np.random.default_rng(seed % 2**32)
    layout = layouts(Settings(), load_of(["1"], ["nps"], 5, 1, Settings()), KPIS["nps"])[0]._replace(
        groups=tuple(groups)
    )
    real = [sum(len(np.unique(chance.integers(0, rows, events))) for rows in groups) for _ in range(40)]
    # A draw without replacement's variance is less than its mean; five standard errors of forty draws.
    assert abs(np.mean(real) - layout.touched(events)) < 5 * (np.mean(real) / 40) ** 0.5 + 0.02 * sum(groups)


LOADS = st.builds(
    lambda surveys, contacts, members, crosses: Load(
        {"feedback.surveys": surveys, "feedback.contacts": contacts},
        tuple(KPIS[name] for name in ("nps", "csat", "fcr")),
        members,
        crosses,
    ),
    st.floats(0.1, 20_000),
    st.floats(0.1, 1_000),
    st.integers(0, 2_000),
    st.integers(0, 5_000),
)
MARGINS = st.builds(Margins, st.floats(1, 6), st.floats(0, 0.8), st.integers(1, 5))

#: What all processes need together; a worker may have less once there are more of them.
WHOLE = (
    "partitions", "workers", "views", "events_per_second", "agents_cores", "view_cores", "view_bytes", "state_keys",
    "index_entries", "index_bytes", "changelog_records_per_second", "changelog_bytes_per_second", "changelog_bytes",
    "source_bytes_per_second", "source_bytes",
)  # fmt: skip


def needs(found: Size) -> list[float]:
    return [getattr(found, name) for name in WHOLE]


@given(load=LOADS, margins=MARGINS, times=st.floats(1, 20))
def test_a_higher_rate_needs_no_less_of_anything(load: Load, margins: Margins, times: float) -> None:
    higher = load._replace(rates={topic: rate * times for topic, rate in load.rates.items()})
    pairs = zip(WHOLE, needs(size(Settings(), load, margins)), needs(size(Settings(), higher, margins)), strict=True)
    # Whatever is a sum of many figures may be less by what rounding takes.
    assert [name for name, low, high in pairs if high < low * (1 - 1e-9)] == []


@given(load=LOADS, margins=MARGINS, more=st.integers(1, 3_000))
def test_more_members_or_crosses_need_no_less_of_anything(load: Load, margins: Margins, more: int) -> None:
    before = size(Settings(), load, margins)
    for grown in (load._replace(members=load.members + more), load._replace(crosses=load.crosses + more)):
        after = size(Settings(), grown, margins)
        assert after.series.all > before.series.all
        assert [b for a, b in zip(needs(before), needs(after), strict=True) if b < a * (1 - 1e-9)] == []


@given(load=LOADS, margins=MARGINS)
def test_no_worker_has_more_than_its_part_of_a_core_and_there_is_room_to_grow(load: Load, margins: Margins) -> None:
    settings = Settings()
    found = size(settings, load, margins)
    assert found.workers <= found.partitions
    assert found.views or found.workers == 1
    assert found.worker_cores <= margins.budget * (1 + 1e-9)
    grown = load._replace(rates={topic: rate * margins.growth for topic, rate in load.rates.items()})
    assert size(settings, grown, margins, found.partitions).workers <= found.partitions


def test_twice_the_partitions_hold_twice_the_state_and_half_of_the_work_each() -> None:
    settings, load = Settings(), load_of(["20000"], [], 500, 2_000, Settings())
    four, eight = (partition(settings, load, Margins(), number) for number in (4, 8))
    assert four.state_bytes == eight.state_bytes
    assert eight.cores > four.cores / 2  # fewer events share a state key
    views = [size(settings, load, Margins(growth=1, headroom=0), number).view_bytes for number in (16, 32)]
    assert views[1] - views[0] == pytest.approx(16 * four.state_bytes)


def test_series_in_prometheus_are_those_of_each_process_that_is_asked() -> None:
    settings = Settings()
    found = size(settings, load_of(["20000"], [], 50, 100, settings), Margins(), 16)
    (one,) = {found.partitions // found.workers}
    own = service_series(settings) + 2 * one
    assert found.series_in_prometheus == 2 * found.series.all + own * (2 + found.workers)


def test_a_view_that_cannot_keep_up_is_told_so_with_an_interval_at_which_it_can() -> None:
    settings, load = Settings(), load_of(["300000"], [], 500, 2_000, Settings())
    costs = COSTS._replace(cells_us=10, series_us=0.1, restored_us=2)  # reading is what is dear
    found = size(settings, load, Margins(), costs=costs)
    assert found.view_cores > 1
    (note,) = [note for note in found.notes if "FEEDBACK_FLUSH_INTERVAL" in note]
    seconds, events = map(float, re.findall(r"FEEDBACK_FLUSH_\w+=(\d+)", note))
    slower = settings.model_copy(update={"flush_interval": seconds, "flush_events": events})
    assert size(slower, load, Margins(), found.partitions, costs).view_cores <= Margins().budget


def test_an_index_larger_than_any_that_was_measured_is_named() -> None:
    few, many = (
        size(Settings(), load_of([rate], [], 50, 100, Settings()), Margins(), 16).notes for rate in ("9", "9000")
    )
    assert not few
    assert "million answers of a partition" in many[0]


def test_fewer_partitions_than_the_load_takes_are_refused_with_how_many_it_takes() -> None:
    load = load_of(["50000"], [], 50, 100, Settings())
    with pytest.raises(SettingsError, match="partitions are too few; got 2") as refused:
        size(Settings(), load, Margins(), 2)
    enough = int(str(refused.value).rpartition("; ")[2].split()[0])
    assert size(Settings(), load, Margins(), enough).partitions == enough


def test_what_is_twice_as_dear_takes_twice_as_much() -> None:
    load = load_of(["20000"], [], 50, 100, Settings())
    dear = COSTS._replace(entry_bytes=2 * COSTS.entry_bytes)
    before, after = size(Settings(), load, Margins()), size(Settings(), load, Margins(), costs=dear)
    assert after.index_bytes == 2 * before.index_bytes
