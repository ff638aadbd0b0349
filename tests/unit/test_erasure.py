"""Erasure: a customer becomes unknown, before and after a save, and nobody else; what was counted stays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from stream.engine import Engine
from stream.events.times import isoformat
from stream.identity import made_with
from stream.index import DiskIndex, Index, MemoryIndex
from stream.privacy import PLAIN, Pseudonyms
from tests.unit.engines import SETTINGS, START, feed, fields, new_tables, save

KEY = Pseudonyms(b"0123456789abcdef")
CHURN = "feedback.churn"


def churn(customer: str = "c1", change: str = "lost", at: float = 0) -> bytes:
    return orjson.dumps({"customer_id": customer, "change": change, "occurred_at": isoformat(START + at)})


def erasure(customer: str = "c1", at: float = 0) -> bytes:
    return orjson.dumps({"type": "erasure", "customer_id": customer, "occurred_at": isoformat(START + at)})


def contact(contact: str, customer: str = "c1", **changed: Any) -> bytes:
    event = {"contact_id": contact, "customer_id": customer, "occurred_at": isoformat(START)}
    return orjson.dumps(event | changed)


def engine_of(index: Index | None = None, topic: str | None = CHURN, pseudonyms: Pseudonyms = KEY) -> Engine:
    return Engine(topic, new_tables(topic), index or MemoryIndex(), SETTINGS, pseudonyms=pseudonyms)


def outcomes(engine: Engine, *values: bytes) -> dict[str, int]:
    return {str(outcome): count for outcome, count in feed(engine, *values).outcomes.items()}


def saved(engine: Engine) -> None:
    save(engine)


def set_apart(engine: Engine) -> None:
    """A save is under way."""
    engine.identities.begin_save()


def pending(_: Engine) -> None:
    """Nothing was saved yet."""


@pytest.mark.parametrize("then", [pending, set_apart, saved])
@pytest.mark.parametrize("after", [pending, set_apart, saved])
def test_an_erased_customer_is_unknown_and_the_others_are_not(
    then: Callable[[Engine], None], after: Callable[[Engine], None]
) -> None:
    engine = engine_of()
    feed(engine, churn("c1"), churn("c1", "joined"), churn("c2"), churn("c"), churn("c11"))
    then(engine)
    assert outcomes(engine, erasure()) == {"accepted": 1}
    after(engine)
    assert outcomes(engine, churn("c2"), churn("c"), churn("c11")) == {"duplicate": 3}
    assert outcomes(engine, churn("c1"), churn("c1", "joined"), churn("c1")) == {"accepted": 2, "duplicate": 1}
    save(engine)
    assert outcomes(engine, churn("c1"), churn("c2")) == {"duplicate": 2}


def test_within_one_batch_what_comes_before_is_forgotten_and_what_comes_after_is_known() -> None:
    engine = engine_of()
    feed(engine, churn())
    save(engine)
    # All are looked up before the first is judged.
    assert outcomes(engine, churn(), erasure(), churn(), churn()) == {"duplicate": 2, "accepted": 2}


def test_what_was_counted_stays_counted() -> None:
    engine = engine_of()
    feed(engine, churn("c1"), churn("c2"), churn("c3", "joined"))
    before = fields(engine, "churn")
    feed(engine, erasure("c1"), erasure("c2"), erasure("c3"), erasure("c3"))
    save(engine)
    assert fields(engine, "churn") == before
    assert before["lost"] == 2


def test_the_index_holds_nothing_of_an_erased_customer_once_it_is_saved() -> None:
    index = MemoryIndex()
    engine = engine_of(index)
    feed(engine, churn("c1"), churn("c2"))
    save(engine)
    assert len(index.keys(KEY.prefix("c1"))) == 1
    feed(engine, erasure("c1"))
    engine.identities.begin_save()
    assert len(index.keys(KEY.prefix("c1"))) == 1, "the index is not ahead of what was acknowledged"
    engine.identities.save(engine.position)
    assert index.keys(KEY.prefix("c1")) == []
    assert len(index.keys(KEY.prefix("c2"))) == 1


def test_one_erasure_during_the_save_of_another_is_kept_for_the_next() -> None:
    index = MemoryIndex()
    engine = engine_of(index)
    feed(engine, churn("c1"), churn("c2"), churn("c3"))
    save(engine)
    feed(engine, erasure("c1"), erasure("c2"))
    engine.identities.begin_save()
    feed(engine, churn("c1"), erasure("c1"), churn("c2"), erasure("c3"))
    engine.identities.save(3)
    assert [len(index.keys(KEY.prefix(customer))) for customer in ("c1", "c2", "c3")] == [0, 0, 1]
    save(engine)
    assert [len(index.keys(KEY.prefix(customer))) for customer in ("c1", "c2", "c3")] == [0, 1, 0]
    assert outcomes(engine, churn("c1"), churn("c2"), churn("c3")) == {"accepted": 2, "duplicate": 1}


def test_an_erasure_is_never_late_nor_ahead_and_moves_no_stream_time() -> None:
    engine = Engine(CHURN, new_tables(CHURN), MemoryIndex(), SETTINGS, late_after=60)
    feed(engine, churn("c2", at=3_000))
    before = engine.stream_time
    assert outcomes(engine, erasure(at=-(10**9)), erasure(at=10**9)) == {"accepted": 2}
    assert engine.stream_time == before == START + 3_000


def test_contacts_and_orders_are_forgotten_as_well() -> None:
    engine = engine_of(topic="feedback.contacts")
    later = {"updated_at": isoformat(START + 9)}
    feed(engine, contact("k1"), contact("k2"), contact("k1", "c2"))
    assert outcomes(engine, contact("k1"), contact("k1", **later)) == {"duplicate": 1, "corrected": 1}
    assert outcomes(engine, erasure(), contact("k1"), contact("k1", "c2")) == {"accepted": 2, "duplicate": 1}

    order = {"order_id": "o1", "amount": "1.00", "currency": "EUR"}
    engine = engine_of(topic="feedback.orders")
    assert outcomes(engine, contact("", **order), erasure(), contact("", **order)) == {"accepted": 3}


def test_files_hold_everything_and_an_erasure_too() -> None:
    engine = engine_of(topic=None)
    answer = orjson.dumps({"response_id": "c1", "kpi": "nps", "score": 9, "occurred_at": isoformat(START)})
    feed(engine, answer, churn(), contact("k1"))
    assert outcomes(engine, erasure(), answer, churn(), contact("k1")) == {"accepted": 3, "duplicate": 1}


def test_read_again_for_the_index_alone_it_ends_the_same() -> None:
    values = [churn("c1"), churn("c2"), erasure("c1"), churn("c3"), churn("c1", "joined")]
    first = engine_of()
    feed(first, *values)
    save(first)
    index = MemoryIndex()  # lost, while the tables are not
    second = Engine(CHURN, first.tables, index, SETTINGS, pseudonyms=KEY)
    assert second.position == 0
    assert feed(second, *values).outcomes.total() == 0
    save(second)
    again = [churn("c1"), churn("c1", "joined"), churn("c2"), churn("c3")]
    assert outcomes(second, *again) == {"accepted": 1, "duplicate": 3}


def test_nothing_of_a_customer_is_on_disk_in_clear(tmp_path: Path) -> None:
    index = DiskIndex(tmp_path / "index", 3_600)
    engine = engine_of(index, topic="feedback.contacts")
    feed(engine, contact("case-of-jane.doe-7", "jane.doe"), contact("k2", "john.roe"))
    save(engine)
    feed(engine, erasure("jane.doe"))
    save(engine)
    index.close()

    index = DiskIndex(tmp_path / "index", 3_600)
    assert (index.keys(KEY.prefix("jane.doe")), len(index.keys(KEY.prefix("john.roe")))) == ([], 1)
    index._db.flush()
    index._db.compact_range(None, None)
    index.close()
    held = b"".join(path.read_bytes() for path in (tmp_path / "index").iterdir() if path.is_file())
    assert b"jane" not in held
    assert b"john" not in held
    assert KEY.of("jane.doe").encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*.sst"))


def test_an_index_says_which_key_it_was_made_with() -> None:
    index = MemoryIndex()
    assert made_with(index, KEY)
    assert made_with(index, PLAIN)
    engine = engine_of(index)
    feed(engine, churn())
    save(engine)
    assert made_with(index, KEY)
    assert not made_with(index, PLAIN)
