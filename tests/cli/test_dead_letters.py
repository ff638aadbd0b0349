"""`dead-letters`: list, show and replay what was parked."""

import asyncio
import json
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaProducer

from stream.dead_letters import park
from stream.engine import Rejection
from stream.errors import Rejected
from stream.settings import Settings
from stream.topics import ensure_topics
from tests.integration.harness import read_topic

from .conftest import Cli, Ran


class Record(NamedTuple):
    """A record as a consumer hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


HALF = Record("feedback.surveys", 1, 4, b"r1", b'{"response_id":"r1","score":6.5}', (("source", b"a vendor"),))
TORN = Record("feedback.surveys", 2, 9, None, b"caf\xe9\x00")
CENTS = Record("feedback.orders", 0, 7, b"c1", b'{"order_id":"o1","amount":1.5}')
LETTERS = [
    Rejection(HALF, Rejected("fractional_score", "score", "score: not whole; got 6.5")),
    Rejection(TORN, Rejected("invalid_json", "", "the record is not JSON")),
    Rejection(CENTS, Rejected("invalid_amount", "amount", "amount: not a string; got 1.5")),
]


#: Personal in every place that is shown.
PERSONAL = Record(
    "feedback.contacts",
    3,
    1,
    b"jane@example.com",
    b'{"customer_id":"jane@example.com","comment":"Call 06\\u00a012 34 56 78","occurred_at":"2026-03-01"}',
    (("from", b"jane@example.com"),),
)
PERSON = Rejection(PERSONAL, Rejected("missing_field", "contact_id", "contact_id: missing; got 'jane@example.com'"))


class Parked:
    """Dead letters on a broker, and the command to look at them."""

    def __init__(self, cli: Cli, broker: str) -> None:
        self._cli = cli
        self.broker = broker

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ran:
        return self._cli("dead-letters", *arguments, stdin=stdin, broker=self.broker, broker_kind="embedded")

    def listed(self, *options: str) -> list[dict[str, Any]]:
        said = self("list", "--format", "json", *options)
        assert (said.status, said.err) == (0, "")
        return [json.loads(line) for line in said.out.splitlines()]

    def id(self, reason: str) -> str:
        (row,) = self.listed("--reason", reason)
        return str(row["id"])

    def sent_back(self) -> set[tuple[Any, ...]]:
        records = asyncio.run(self._read())
        return {(record.topic, record.key, record.value, tuple(record.headers)) for record in records}

    async def _read(self) -> list[Any]:
        return [
            record
            for topic in ("feedback.surveys", "feedback.orders")
            for record in await read_topic(self.broker, topic)
        ]


@pytest.fixture
def parked(cli: Cli, broker: str, request: pytest.FixtureRequest) -> Parked:
    letters = getattr(request, "param", LETTERS)

    async def put() -> None:
        await ensure_topics(Settings(broker=broker, broker_kind="embedded"))
        async with AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=False) as producer:
            await park(producer, letters, 1_772_359_200.0)

    asyncio.run(put())
    return Parked(cli, broker)


def original(record: Record) -> tuple[Any, ...]:
    return (record.topic, record.key, record.value, record.headers)


def test_list_says_what_was_rejected_and_why(parked: Parked) -> None:
    rows = {row["reason"]: row for row in parked.listed()}
    assert len(rows) == len(LETTERS)
    half = rows["fractional_score"]
    assert (half["field"], half["message"]) == ("score", "score: not whole; got 6.5")
    assert (half["origin"], half["key"], half["headers"]) == ("feedback.surveys-1-4", "r1", {"source": "a vendor"})
    assert (half["value"], half["bytes"]) == ('{"response_id":"r1","score":6.5}', 32)
    assert (rows["invalid_json"]["key"], rows["invalid_json"]["bytes"]) == (None, 5)


def test_list_can_be_narrowed(parked: Parked) -> None:
    assert [row["origin"] for row in parked.listed("--topic", "feedback.orders")] == ["feedback.orders-0-7"]
    assert [row["origin"] for row in parked.listed("--reason", "invalid_json")] == ["feedback.surveys-2-9"]
    assert len(parked.listed("--limit", "2")) == 2
    assert parked.listed("--reason", "too_large") == []
    assert parked.listed("--topic", "feedback.surveys", "--reason", "invalid_amount") == []


def test_people_get_a_table(parked: Parked) -> None:
    head, *rows = [line.split() for line in parked("list").out.splitlines()]
    assert head == ["id", "time", "reason", "field", "origin", "bytes"]
    assert {row[2] for row in rows} == {"fractional_score", "invalid_json", "invalid_amount"}


def test_show_gives_the_reason_and_the_original(parked: Parked) -> None:
    said = parked("show", parked.id("fractional_score"))
    assert (said.status, said.err) == (0, "")
    head, _, value = said.out.removesuffix("\n").rpartition("\n")
    assert json.loads(head)["message"] == "score: not whole; got 6.5"
    assert value.encode() == HALF.value


@pytest.mark.parametrize("parked", [[PERSON]], indirect=True, ids=["personal"])
def test_what_is_personal_is_shown_only_if_asked_for(parked: Parked) -> None:
    (row,) = parked.listed()
    assert (row["key"], row["headers"]) == ("[email]", {"from": "[email]"})
    assert row["message"] == "contact_id: missing; got '[email]'"
    shown = json.loads(row["value"])
    assert shown == {"customer_id": "[email]", "comment": "Call [phone]", "occurred_at": "2026-03-01"}
    said = parked("show", row["id"])
    assert "[phone]" in said.out
    assert "jane" not in said.out

    (row,) = parked.listed("--original")
    assert (row["key"], row["headers"]) == ("jane@example.com", {"from": "jane@example.com"})
    assert PERSONAL.value is not None
    assert parked("show", row["id"], "--original").out.encode().endswith(PERSONAL.value + b"\n")


def test_an_id_that_is_not_there_is_named(parked: Parked) -> None:
    said = parked("show", "9-999")
    assert (said.status, said.out) == (1, "")
    (line,) = said.err.splitlines()
    assert line.startswith("error: there is no dead letter 9-999;")


def test_replay_sends_back_what_was_chosen_as_it_was(parked: Parked) -> None:
    said = parked("replay", parked.id("fractional_score"), parked.id("invalid_amount"), "--yes")
    assert said == (0, "", "2 sent back\n")
    assert parked.sent_back() == {original(HALF), original(CENTS)}
    assert len(parked.listed()) == len(LETTERS)


def test_replay_by_reason_and_by_topic(parked: Parked) -> None:
    assert parked("replay", "--reason", "invalid_json", "--yes").err == "1 sent back\n"
    assert parked("replay", "--topic", "feedback.orders", "--yes").err == "1 sent back\n"
    assert parked.sent_back() == {original(TORN), original(CENTS)}


@pytest.mark.parametrize("choice", [["--reason", "too_large"], ["9-999"], ["--topic", "feedback"]], ids=str)
def test_replay_of_nothing_says_so(parked: Parked, choice: list[str]) -> None:
    assert parked("replay", *choice, "--yes") == (0, "", "no dead letter matches\n")
    assert parked.sent_back() == set()


@pytest.mark.parametrize(("answer", "status", "count"), [(b"n\n", 1, 0), (b"", 1, 0), (b"y\n", 0, 3)])
def test_replay_asks_first(parked: Parked, answer: bytes, status: int, count: int) -> None:
    said = parked("replay", stdin=answer)
    assert said.status == status
    assert "Send 3 records back?" in said.out
    assert len(parked.sent_back()) == count


def test_a_broker_without_the_topic_has_none(cli: Cli, broker: str) -> None:
    parked = Parked(cli, broker)
    assert parked.listed() == []
    assert parked("replay", "--yes") == (0, "", "no dead letter matches\n")
