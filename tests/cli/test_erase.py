"""`erase`: the event that lets a customer be forgotten, wherever events of that customer may lie."""

import asyncio
import json
from typing import Any

import pytest

from tests.integration.harness import SOURCES, read_topic

from .conftest import Cli

TOPICS = ("feedback.churn", "feedback.contacts", "feedback.orders")


def stored(broker: str) -> list[Any]:
    async def read() -> list[Any]:
        return [record for topic in SOURCES for record in await read_topic(broker, topic)]

    return asyncio.run(read())


def test_an_erasure_lies_on_every_partition_of_the_topics_of_customers(cli: Cli, broker: str) -> None:
    said = cli("erase", "jane", "-", "jane", stdin=b"joe\n\nzo\xc3\xab\r\n", broker=broker, broker_kind="embedded")
    assert (said.status, said.out) == (0, "")
    (line,) = said.err.splitlines()
    assert line.startswith("erasure of 3 customers sent to every partition of feedback.churn, ")
    assert "dead letters" in line
    assert "jane" not in line
    records = stored(broker)
    expected = {(t, p, c) for t in TOPICS for p in range(4) for c in ("jane", "joe", "zo\u00eb")}
    assert {(record.topic, record.partition, record.key.decode()) for record in records} == expected
    assert len(records) == len(expected)
    for record in records:
        event = json.loads(record.value)
        assert (event["type"], event["customer_id"]) == ("erasure", record.key.decode())
        assert event["occurred_at"].endswith("Z")


@pytest.mark.parametrize(
    ("arguments", "stdin", "why"),
    [
        (["x" * 257], b"", "a customer's id is text of 1 to 256 characters; got one of 257 that is not"),
        ([""], b"", "a customer's id is text of 1 to 256 characters; got one of 0 that is not"),
        (["-"], b"\xff\xfe\n", "a customer's id is text of 1 to 256 characters; got one of 2 that is not"),
        (["-"], b"\n", "no customer is named: give an id, or ids on standard input, one a line"),
    ],
    ids=["long", "empty", "not text", "none"],
)
def test_what_cannot_be_a_customer_is_refused_and_not_shown(
    cli: Cli, arguments: list[str], stdin: bytes, why: str
) -> None:
    said = cli("erase", *arguments, stdin=stdin)
    assert (said.status, said.out, said.err) == (2, "", f"error: {why}\n")
