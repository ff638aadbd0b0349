"""A dead letter says all of its record, and changes nothing of it."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from stream.dead_letters import headers_of, park, read
from stream.engine import Rejection
from stream.errors import Rejected
from stream.topics import DEAD_LETTERS

NOW = 1_772_359_200.25


class Record(NamedTuple):
    """A record as a consumer hands it over."""

    value: bytes | None = b"\xff not JSON"
    key: bytes | None = b"r1"
    headers: tuple[tuple[str, bytes], ...] = ()
    topic: str = "feedback.surveys"
    partition: int = 3
    offset: int = 41
    timestamp: int = int(NOW * 1000)


def rejection(record: Record | None = None, message: str = "the record is not JSON") -> Rejection:
    return Rejection(record or Record(), Rejected("invalid_json", "score", message))


def test_headers_say_why_and_where_from() -> None:
    assert dict(headers_of(rejection(), NOW)) == {
        "feedback-reason": b"invalid_json",
        "feedback-field": b"score",
        "feedback-message": b"the record is not JSON",
        "feedback-topic": b"feedback.surveys",
        "feedback-partition": b"3",
        "feedback-offset": b"41",
        "feedback-time": b"2026-03-01T10:00:00.250000Z",
    }


def test_the_records_own_headers_follow_unchanged() -> None:
    own = (("trace", b"\x00\xff"), ("trace", b"again"), ("source", b""))
    headers = headers_of(rejection(Record(headers=own)), NOW)
    assert tuple(headers[-3:]) == own
    assert len(headers) == 7 + 3


def test_a_letter_that_was_sent_back_and_rejected_again_has_one_reason() -> None:
    before = tuple(headers_of(rejection(), NOW - 60))
    headers = headers_of(rejection(Record(headers=(*before, ("source", b"shop")), offset=99)), NOW)
    assert [name for name, _ in headers].count("feedback-reason") == 1
    assert dict(headers)["feedback-offset"] == b"99"
    assert headers[-1] == ("source", b"shop")


def test_a_message_that_is_no_unicode_is_told_as_far_as_it_goes() -> None:
    assert dict(headers_of(rejection(message="got '\ud800'"), NOW))["feedback-message"] == b"got '?'"


class Producer:
    """Remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.acknowledged = 0

    async def send(self, topic: str, **record: Any) -> Any:
        self.sent.append({"topic": topic, **record})

        async def acknowledge() -> None:
            self.acknowledged += 1

        return acknowledge()


@pytest.mark.parametrize(
    ("record", "key", "value"),
    [
        (Record(), b"r1", b"\xff not JSON"),
        (Record(key=None), None, b"\xff not JSON"),
        (Record(value=b""), b"r1", b""),
        (Record(value=None), b"r1", None),
        (Record(key=None, value=None), b"", None),  # the client sends no record that has neither
    ],
    ids=str,
)
async def test_key_and_bytes_are_those_of_the_record(record: Record, key: bytes | None, value: bytes | None) -> None:
    producer: Any = Producer()
    await park(producer, [rejection(record)], NOW)
    (sent,) = producer.sent
    assert (sent["topic"], sent["key"], sent["value"]) == (DEAD_LETTERS, key, value)


async def test_all_are_acknowledged_in_the_end() -> None:
    producer: Any = Producer()
    await park(producer, [rejection(Record(offset=offset)) for offset in range(5)], NOW)
    assert producer.acknowledged == 5
    assert [dict(sent["headers"])["feedback-offset"] for sent in producer.sent] == [b"%d" % n for n in range(5)]


def test_what_was_parked_is_read_back() -> None:
    own = (("source", b"\xff"),)
    headers = tuple(headers_of(rejection(Record(headers=own)), NOW))
    letter = read(Record(headers=headers, topic=DEAD_LETTERS, partition=0, offset=17))
    assert (letter.id, letter.origin) == ("0-17", "feedback.surveys-3-41")
    assert (letter.reason, letter.field, letter.message) == ("invalid_json", "score", "the record is not JSON")
    assert (letter.key, letter.value, letter.headers) == (b"r1", b"\xff not JSON", [("source", b"\xff")])
    assert letter.time == datetime(2026, 3, 1, 10, 0, 0, 250_000, UTC)
