"""The index in memory and the one on disk behave alike; that on disk is still there after it was closed."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from stream.bench import TOPIC, Line, responses
from stream.decode import decode
from stream.errors import Rejected
from stream.identity import Identities
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


def test_keys_are_found_by_what_they_begin_with(index: Index) -> None:
    keys = [b"\xfea", b"\xfeab1", b"\xfeab2", b"\xfeac", b"ab"]
    index.put(dict.fromkeys(keys, b"one"), 1)

    assert sorted(index.keys(b"\xfeab")) == [b"\xfeab1", b"\xfeab2"]
    assert index.keys(b"\xfeb") == []


def test_what_is_gone_goes_with_the_write(index: Index) -> None:
    index.put({b"r1": b"one", b"r2": b"two"}, 1)
    index.put({b"r3": b"three"}, 2, [b"r1", b"r4"])

    assert index.get([b"r1", b"r2", b"r3", b"r4"]) == [None, b"two", b"three", None]
    assert index.position == 2


def test_a_cleared_index_is_a_new_one(index: Index) -> None:
    index.put({b"r1": b"one", "\U0010ffff".encode(): b"two", b"\xfe": b"three"}, 2)
    index.clear()

    assert index.position == 0
    assert index.get([b"r1", "\U0010ffff".encode(), b"\xfe"]) == [None, None, None]
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


def test_a_compaction_after_it_was_opened_again_drops_nothing(
    reopened: Callable[[DiskIndex | None], DiskIndex],
) -> None:
    index = reopened(None)
    # The last four bytes of some would be a time long ago.
    entries = {b"r%d" % last: b"an entry that ends with %c" % last for last in range(256)}
    index.put(entries | {b"short": b"1"}, 5)
    index = reopened(index)
    index._db.compact_range(None, None)
    index = reopened(index)

    assert index.get([*entries, b"short"]) == [*entries.values(), b"1"]
    assert index.position == 5
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


def test_an_answer_takes_at_most_200_bytes_of_disk(tmp_path: Path) -> None:
    index = DiskIndex(tmp_path / "index", HORIZON)
    identities = Identities(index, None)
    lines = [Line(number, response.value) for number, response in enumerate(responses(20_000, 0.0, 86_400.0))]
    for start in range(0, len(lines), 1_000):
        for line in lines[start : start + 1_000]:
            with suppress(Rejected):
                observation = decode(line.value, (), TOPIC, 10_000)
                key = identities.key_of(observation)
                identities.judge(observation, (key, index.get([key])[0]), 0)
        identities.begin_save()
        identities.save(start + 1_000)

    assert on_disk(tmp_path) < 200 * len(lines), "while it is written to, with its log"
    index.close()
    assert 0 < on_disk(tmp_path) < 200 * len(lines)


def on_disk(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file() and path.name[:3] != "LOG")
