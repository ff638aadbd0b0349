"""The changelog is the state: whoever reads it has the table, however often it is read and wherever a write ended."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.kpi import KPIS, Accumulator
from stream.settings import Settings
from stream.table import POSITION_KEY, Table
from tests.laws.measures import MEASURES
from tests.laws.worlds import Contributed, brute_force, count, histories, layouts, moments, rolled, tables

Log = list[tuple[bytes, bytes | None]]

every_kpi = pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
drawn = given(settings=layouts(), slack=st.integers(0, 20), data=st.data())
cuts = st.sets(st.integers(0, 50))


@every_kpi
@drawn
def test_the_changelog_replayed_into_an_empty_table_is_the_table(
    kpi: type[Accumulator], settings: Settings, slack: int, data: st.DataObject
) -> None:
    table, log, history = lived(kpi, settings, slack, data)
    again = data.draw(st.integers(0, len(log)))
    first = data.draw(st.integers(again, len(log)))

    at_once = data.draw(st.sampled_from([1, 5, 1_000]))
    for reading in (log, log + log[again:], log[:first] + log[again:], compacted(log), living(log)):
        assert_same(restored(kpi, settings, slack, reading, at_once), table, settings, history)


@every_kpi
@drawn
def test_restored_fields_are_plain_whole_numbers(
    kpi: type[Accumulator], settings: Settings, slack: int, data: st.DataObject
) -> None:
    _, log, history = lived(kpi, settings, slack, data)
    shown = rolled([restored(kpi, settings, slack, log)], settings, max([0, *moments(history)]))

    assert {type(value) for fields in shown.values() for value in fields} <= {int}


@every_kpi
@drawn
def test_the_changelog_keeps_no_key_that_the_table_has_dropped(
    kpi: type[Accumulator], settings: Settings, slack: int, data: st.DataObject
) -> None:
    table, log, _ = lived(kpi, settings, slack, data)

    assert len([key for key, _ in living(log) if key != POSITION_KEY]) == table.keys


@every_kpi
@drawn
def test_counting_again_what_was_counted_changes_nothing(
    kpi: type[Accumulator], settings: Settings, slack: int, data: st.DataObject
) -> None:
    table, log, history = lived(kpi, settings, slack, data)
    back = restored(kpi, settings, slack, log)
    count(back, history, len(history), data.draw(cuts), first=data.draw(st.integers(0, len(history))))

    assert_same(back, table, settings, history)
    assert [key for key, _ in back.changes()] == [POSITION_KEY]


@every_kpi
@drawn
def test_a_flush_that_was_cut_short_is_made_good_by_counting_on_from_the_position_before(
    kpi: type[Accumulator], settings: Settings, slack: int, data: st.DataObject
) -> None:
    history = data.draw(histories(MEASURES[kpi.name], drift=15))
    log: Log = []
    for _ in range(data.draw(st.integers(1, 3))):
        table = restored(kpi, settings, slack, log)
        for saved in sorted(data.draw(st.lists(st.integers(table.position, len(history)), max_size=2))):
            count(table, history, saved, data.draw(cuts))
            log += table.changes()
        count(table, history, data.draw(st.integers(table.position, len(history))), data.draw(cuts))
        last = list(table.changes())
        log += last[: data.draw(st.integers(0, len(last) - 1))]  # the position comes last, so it is never there
    # A reader can be set back: what it read before, it reads again.
    table = restored(kpi, settings, slack, log + log[data.draw(st.integers(0, len(log))) :])
    count(table, history, len(history), data.draw(cuts))
    log += table.changes()

    at = max([0, *moments(history)]) + data.draw(st.integers(0, 30))
    expected = brute_force(kpi, settings, history, at)
    assert table.position == len(history)
    assert rolled([table], settings, at) == expected
    assert rolled([restored(kpi, settings, slack, log)], settings, at) == expected


def lived(
    kpi: type[Accumulator], settings: Settings, slack: int, data: st.DataObject
) -> tuple[Table, Log, list[Contributed]]:
    """A table that has counted a history, what it wrote to its changelog in some flushes, and the history."""
    history = data.draw(histories(MEASURES[kpi.name], drift=15))
    table = tables(kpi, settings, 1, slack)[0]
    log: Log = []
    for until in (*sorted(data.draw(st.lists(st.integers(0, len(history)), max_size=4))), len(history)):
        count(table, history, until, data.draw(cuts))
        log += table.changes()
    return table, log, history


def restored(
    kpi: type[Accumulator], settings: Settings, slack: int, log: Iterable[tuple[bytes, bytes | None]], at_once: int = 20
) -> Table:
    table = tables(kpi, settings, 1, slack)[0]
    records = iter(log)
    while some := list(islice(records, at_once)):
        table.restore(some)
    return table


def compacted(log: Log) -> Log:
    """Only the last record of each key, as the broker leaves it."""
    last = {key: number for number, (key, _) in enumerate(log)}
    return [(key, value) for number, (key, value) in enumerate(log) if last[key] == number]


def living(log: Log) -> Log:
    """The same after the broker has forgotten the tombstones too."""
    return [(key, value) for key, value in compacted(log) if value is not None]


def assert_same(one: Table, other: Table, settings: Settings, history: list[Contributed]) -> None:
    assert (one.position, one.stream_time, one.keys) == (other.position, other.stream_time, other.keys)
    for at in {0, *moments(history[:2]), *moments(history[-2:])}:
        assert rolled([one], settings, at) == rolled([other], settings, at)


@every_kpi
@drawn
def test_a_changelog_of_more_and_longer_windows_serves_fewer_and_shorter_ones(
    kpi: type[Accumulator], settings: Settings, slack: int, data: st.DataObject
) -> None:
    _, log, history = lived(kpi, settings, slack, data)
    kept = data.draw(st.lists(st.sampled_from(settings.windows), min_size=1, unique=True))
    counts = [data.draw(st.integers(1, each.size // each.advance)) for each in kept]
    shorter = [replace(each, size=panes * each.advance) for each, panes in zip(kept, counts, strict=True)]
    least = min(window.size for window in shorter)
    fewer = settings.model_copy(update={"windows": shorter, "scopes": settings.scopes[1:], "cross_from": least})
    if any(window.size < settings.cross_from for window in kept):  # they were kept without the cross
        fewer = fewer.model_copy(update={"cross": []})
    table = restored(kpi, fewer, slack, log)

    at = max([0, *moments(history)]) + data.draw(st.integers(0, 30))
    assert rolled([table], fewer, at) == brute_force(kpi, fewer, history, at)
