"""What a worker does with what another version has left on its disk and in its changelogs."""

import logging
from pathlib import Path

import pytest

from stream.index import DiskIndex
from tests.unit.engines import survey
from tests.unit.holding import KEPT, TABLES, Held, answers, batch


async def left_behind(directory: Path) -> Held:
    """A worker that has counted three answers and one line that is none, and is gone."""
    first = Held(directory)
    await first.partitions.open([KEPT])
    await first.partitions.handle(batch(*answers(3), b"not json"))
    await first.partitions.close()
    return first


def index_of(directory: Path) -> Path:
    return directory.joinpath("feedback", KEPT.topic, str(KEPT.partition))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


async def taken_up(first: Held, directory: Path) -> Held:
    """The next worker, which has recovered the tables."""
    second = Held(directory)
    second.state = second.partitions._state = first.state
    await second.partitions.open([KEPT])
    return second


@pytest.mark.parametrize("entry", [b"0", b""], ids=["older", "before there were versions"])
async def test_an_index_of_another_version_is_rebuilt(
    entry: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await left_behind(tmp_path)
    index = DiskIndex(index_of(tmp_path), 86_400)
    index.put({b"\x00format": entry} if entry else {}, 4, [] if entry else [b"\x00format"])
    index.close()

    second = await taken_up(first, tmp_path)
    assert warnings(caplog) == ["the index is of another version and is rebuilt"]
    assert second.partitions.reading() == {KEPT: 0}
    # Read again for the index only: the tables have it.
    await second.partitions.handle(batch(*answers(3), b"not json", survey("r1"), survey("new")))
    assert second.counted() == {"duplicate": 1, "accepted": 1}
    assert second.producer.letters == []


async def test_an_index_that_is_damaged_is_rebuilt(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = await left_behind(tmp_path)
    (index_of(tmp_path) / "CURRENT").write_bytes(b"of a later format")

    second = await taken_up(first, tmp_path)
    assert warnings(caplog) == ["the index cannot be read and is rebuilt"]
    assert second.partitions.reading() == {KEPT: 0}
    await second.partitions.handle(batch(*answers(3), b"not json", survey("r1")))
    assert second.counted() == {"duplicate": 1}


async def test_a_new_table_is_counted_from_the_beginning_beside_those_that_are_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await left_behind(tmp_path)
    nps = next(table for table in first.state.of_source(*KEPT) if table.kpi.name == "nps")
    before = nps.keys
    del first.state._by_kpi["nps"][KEPT.partition]  # as if no version before had known of it

    second = await taken_up(first, tmp_path)
    assert warnings(caplog) == [
        "tables without saved state are counted from the beginning of their topic, which takes a while",
        "the index is ahead of the changelog and is rebuilt",
    ]
    assert "nps" in str(vars(caplog.records[0]))
    await second.partitions.handle(batch(*answers(3), b"not json", b"not json either", survey("r1")))
    await second.partitions.flush()

    new = next(table for table in second.state.of_source(*KEPT) if table.kpi.name == "nps")
    assert (new.keys, new.position) == (before, 6)
    # What was a dead letter before is none again.
    assert [letter["value"] for letter in second.producer.letters] == [b"not json either"]
    assert set(second.producer.positions()) == {f"feedback-{kpi}-changelog-0" for kpi in TABLES}


async def test_what_is_read_differently_is_said_for_each_table(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = await left_behind(tmp_path)
    (nps,) = (table for table in first.state.of_source(*KEPT) if table.kpi.name == "nps")
    nps.adapted = ["scope team is no longer kept"]
    await taken_up(first, tmp_path)
    assert "saved state is read as it is: scope team is no longer kept" in caplog.messages
