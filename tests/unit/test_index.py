"""The index in memory and the one on disk behave alike; that on disk is still there after it was closed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stream.index import DiskIndex, Index, MemoryIndex

HORIZON = 3_600


@pytest.fixture(params=["memory", "disk"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    index: Index = MemoryIndex() if request.param == "memory" else DiskIndex(tmp_path / "deep" / "index", HORIZON)
    yield index
    index.close()


@pytest.fixture
def reopened(tmp_path: Path) -> Callable[[DiskIndex | None], DiskIndex]:
    """Close an index if there is one, and open it again."""

    def reopen(index: DiskIndex | None) -> DiskIndex:
        if index is not None:
            index.close()
        return DiskIndex(tmp_path / "index", HORIZON)

    return reopen


def test_a_new_index_is_empty_and_at_the_beginning(index: Index) -> None:
    assert index.position == 0
    assert index.get([b"r1"]) == [None]


def test_entries_come_back_in_the_order_of_their_keys(index: Index) -> None:
    index.put({b"r1": b"one", b"r2": b"two"}, 2)

    assert index.get([b"r2", b"r3", b"r1", b"r2"]) == [b"two", None, b"one", b"two"]
    assert index.position == 2


def test_nothing_to_look_up_is_nothing_found(index: Index) -> None:
    assert index.get([]) == []


def test_an_entry_replaces_the_one_before(index: Index) -> None:
    index.put({b"r1": b"one"}, 1)
    index.put({b"r1": b"two"}, 2)

    assert index.get([b"r1"]) == [b"two"]


def test_the_position_moves_without_entries_too(index: Index) -> None:
    index.put({b"r1": b"one"}, 1)
    index.put({}, 9)

    assert index.position == 9
    assert index.get([b"r1"]) == [b"one"]


def test_keys_may_hold_anything(index: Index) -> None:
    keys = [b"r1\0nps", "é\U0010ffff".encode(), b"x" * 600, b"\0"]
    index.put({key: key[:3] for key in keys}, 1)

    assert index.get(keys) == [key[:3] for key in keys]


def test_a_cleared_index_is_a_new_one(index: Index) -> None:
    index.put({b"r1": b"one", "\U0010ffff".encode(): b"two"}, 2)
    index.clear()

    assert index.position == 0
    assert index.get([b"r1", "\U0010ffff".encode()]) == [None, None]
    index.put({b"r1": b"three"}, 1)
    assert index.get([b"r1"]) == [b"three"]


def test_entries_and_position_outlive_the_process(reopened: Callable[[DiskIndex | None], DiskIndex]) -> None:
    index = reopened(None)
    index.put({b"r1": b"one"}, 1)
    index.put({b"r2": b"two"}, 5)
    index = reopened(index)

    assert index.position == 5
    assert index.get([b"r1", b"r2"]) == [b"one", b"two"]
    index.close()


def test_compaction_after_opening_again_drops_nothing(reopened: Callable[[DiskIndex | None], DiskIndex]) -> None:
    """Opened again, the database once forgot its horizon, and dropped everything at the next compaction."""
    index = reopened(None)
    for life in range(3):
        index.put({b"r%d" % life: b"one"}, life + 1)
        index = reopened(index)
    index._db.compact_range(None, None)
    index = reopened(index)

    assert index.position == 3
    assert index.get([b"r0", b"r1", b"r2"]) == [b"one"] * 3
    index.close()


def test_what_was_cleared_stays_away(reopened: Callable[[DiskIndex | None], DiskIndex]) -> None:
    index = reopened(None)
    index.put({b"r1": b"one"}, 5)
    index.clear()
    index = reopened(index)

    assert (index.position, index.get([b"r1"])) == (0, [None])
    index.close()


def test_only_one_can_hold_an_index_on_disk(reopened: Callable[[DiskIndex | None], DiskIndex]) -> None:
    index = reopened(None)

    with pytest.raises(Exception, match="lock"):
        reopened(None)
    index.close()
    reopened(None).close()
