"""The engine after a restart: what was counted stays counted once, whatever is left of tables and index."""

from collections import Counter

from stream.engine import Processed
from stream.index import MemoryIndex
from tests.unit.engines import NOW, START, feed, fields, new_engine, restored, save, survey


def test_a_restored_engine_goes_on_where_it_was_saved() -> None:
    index = MemoryIndex()
    engine = new_engine(index=index)
    feed(engine, survey("r1"), survey("r2"))
    again = new_engine(tables=restored(save(engine)), index=index)

    assert (again.position, again.counted_from, again.stream_time) == (2, 2, START)
    assert feed(again, survey("r1"), survey("r3")).outcomes == Counter(duplicate=1, accepted=1)
    assert fields(again) == {"promoters": 3}


def test_below_what_was_counted_only_the_index_is_filled() -> None:
    engine = new_engine()
    values = (survey("r1", 10), b"not json", survey("r1", 0, at=9))
    feed(engine, *values)
    again = new_engine(tables=restored(save(engine)), index=MemoryIndex())

    assert (again.position, again.counted_from) == (0, 3)
    processed = feed(again, *values, survey("r1", 10, at=11))
    assert processed == Processed(Counter({"corrected": 1}), [])
    assert fields(again) == {"promoters": 1}


def test_what_was_late_is_late_again_when_the_index_is_filled_anew() -> None:
    engine = new_engine()
    # On time when it came; long past when the tables were saved.
    values = (survey("r1", 10), survey("r2", at=3 * 3_600))
    feed(engine, *values, now=NOW + 3 * 3_600)
    again = new_engine(tables=restored(save(engine)), index=MemoryIndex())
    feed(again, *values, now=NOW + 3 * 3_600)

    # Its correction says a time inside the window, but it belongs to the pane it was first counted in.
    processed = feed(again, survey("r1", 0, at=3 * 3_600 - 60), now=NOW + 3 * 3_600)
    assert processed.outcomes == Counter(late=1)


def test_an_index_that_knows_more_than_the_tables_is_not_believed() -> None:
    index = MemoryIndex()
    engine = new_engine(index=index)
    feed(engine, survey("r1"), survey("r2"))
    save(engine)

    # The changelog was lost with its topic: without forgetting, all that comes again would be a duplicate.
    again = new_engine(index=index)
    assert again.position == 0
    assert feed(again, survey("r1"), survey("r2")).outcomes == Counter(accepted=2)
    assert fields(again) == {"promoters": 2}


def test_a_kpi_that_is_new_is_counted_from_the_beginning_and_the_others_stay() -> None:
    index = MemoryIndex()
    engine = new_engine(index=index)
    values = (survey("r1"), survey("r2", 5, kpi="csat"))
    feed(engine, *values)
    changes = save(engine)
    names = [table.kpi.name for table in engine.tables]
    changes[names.index("csat")] = []

    again = new_engine(tables=restored(changes), index=index)
    feed(again, *values)

    assert fields(again, "csat")["answered"] == 1
    assert fields(again, "nps") == {"promoters": 1}
