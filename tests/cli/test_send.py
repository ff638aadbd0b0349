"""`send`: every line to its topic, with the key that keeps together what belongs together."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.integration.harness import SOURCES, read_topic

from .conftest import Cli

AT = "2026-03-01T09:30:00Z"


def event(kind: str | None, **fields: object) -> bytes:
    return json.dumps(({} if kind is None else {"type": kind}) | {"occurred_at": AT} | fields).encode()


#: Topic and key by the contract, and the line.
LINES: list[tuple[str, bytes | None, bytes]] = [
    ("feedback.surveys", b"r1", event("survey_response", response_id="r1", kpi="nps", score=9)),
    ("feedback.surveys", b"r2", event(None, response_id="r2", kpi="nps", score=9)),
    ("feedback.churn", b"c1", event("churn", customer_id="c1", change="lost")),
    ("feedback.churn", b"c2", event(None, customer_id="c2", change="joined")),
    ("feedback.churn", b"premium", event("customer_count", customers=5, segment="premium")),
    ("feedback.churn", b"unknown", event("customer_count", customers=5)),
    ("feedback.contacts", b"c3", event("contact", contact_id="k1", customer_id="c3")),
    ("feedback.orders", b"c4", event("order", order_id="o1", customer_id="c4", amount="1.00", currency="EUR")),
    ("feedback.invitations", b"i1", event("invitation", invitation_id="i1", kpi="nps", response_id="r1")),
    ("feedback.invitations", b"i2", event(None, invitation_id="i2", kpi="nps", response_id="r1")),
    ("feedback.cases", b"k1", event("case", case_id="k1", status="opened", response_id="r1")),
    # Lines that are no events are sent as they are: the service rejects them, with the reason.
    ("feedback.surveys", b"r3", event("survey_response", response_id="r3", kpi="nps", score="9")),
    ("feedback.surveys", None, event("survey_response", response_id=3, kpi="nps", score=9)),
    ("feedback.orders", None, event("order", order_id="o2")),
    ("feedback.surveys", None, event("complaint", response_id="r4")),
    ("feedback.surveys", None, b"not JSON"),
    ("feedback.surveys", None, b"[1]"),
    ("feedback.surveys", None, b"\xff\xfe"),
    ("feedback.surveys", None, b""),
]


def stored(broker: str) -> list[tuple[str, bytes | None, bytes]]:
    """What the source topics hold."""

    async def read() -> list[tuple[str, bytes | None, bytes]]:
        records = [record for topic in SOURCES for record in await read_topic(broker, topic)]
        return [(record.topic, record.key, record.value) for record in records]

    return asyncio.run(read())


def test_every_line_goes_to_its_topic_with_its_key(cli: Cli, broker: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(line + b"\n" for _, _, line in LINES))
    said = cli("send", str(path), broker=broker, broker_kind="embedded")
    assert (said.status, said.out) == (0, "")
    assert said.err.splitlines() == [
        "feedback.cases: 1 sent", "feedback.churn: 4 sent", "feedback.contacts: 1 sent",
        "feedback.invitations: 2 sent", "feedback.orders: 2 sent", "feedback.surveys: 9 sent",
    ]  # fmt: skip
    assert sorted(stored(broker), key=str) == sorted(LINES, key=str)


def test_standard_input_and_files_are_sent_in_silence_if_asked_for(cli: Cli, broker: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(LINES[0][2] + b"\r\n")
    lines = LINES[2][2] + b"\n" + LINES[6][2]  # no line end at the end
    said = cli("send", "-", str(path), "--quiet", stdin=lines, broker=broker, broker_kind="embedded")
    assert said == (0, "", "")
    assert sorted(stored(broker), key=str) == sorted((LINES[0], LINES[2], LINES[6]), key=str)


def test_an_erasure_goes_to_every_topic_of_customers(cli: Cli, broker: str) -> None:
    line = event("erasure", customer_id="c1")
    said = cli("send", "-", stdin=line, broker=broker, broker_kind="embedded")
    assert said.err.splitlines() == ["feedback.churn: 1 sent", "feedback.contacts: 1 sent", "feedback.orders: 1 sent"]
    topics = ("feedback.churn", "feedback.contacts", "feedback.orders")
    assert sorted(stored(broker), key=str) == [(topic, b"c1", line) for topic in topics]


#: What is sent without and with redaction.
COMMENTED = [
    event("survey_response", response_id="r1", comment="Call 06 12 34 56 78, or jane@example.com"),
    event(None, response_id="r2", comment="5 minutes, good"),
    event("complaint", response_id="r3", comment="jane@example.com"),
    b'{"comment":"jane@example.com"',
    b'{"response_id": "r5", "comment": ["jane@example.com"]}',
]
REDACTED = [
    COMMENTED[0].replace(b"06 12 34 56 78", b"[phone]").replace(b"jane@example.com", b"[email]"),
    COMMENTED[1],
    COMMENTED[2].replace(b"jane@example.com", b"[email]"),
    *COMMENTED[3:],
]


@pytest.mark.parametrize(
    ("options", "settings", "wanted"),
    [
        ([], {}, COMMENTED),
        (["--redact"], {}, REDACTED),
        ([], {"privacy_redact": "true"}, REDACTED),
        (["--no-redact"], {"privacy_redact": "true"}, COMMENTED),
    ],
    ids=str,
)
def test_comments_are_redacted_if_asked_for(
    cli: Cli, broker: str, options: list[str], settings: dict[str, str], wanted: list[bytes]
) -> None:
    own = settings | {"broker": broker, "broker_kind": "embedded"}
    assert cli("send", "-", *options, stdin=b"\n".join(COMMENTED), **own).status == 0
    values = [value for _, _, value in stored(broker)]
    # What was changed is written anew, without blanks; what was not is sent byte for byte.
    expected = [line if line in COMMENTED else line.replace(b'": ', b'":').replace(b', "', b',"') for line in wanted]
    assert sorted(values) == sorted(expected)


def test_a_missing_file_is_named(cli: Cli, broker: str) -> None:
    said = cli("send", "missing.jsonl", broker=broker, broker_kind="embedded")
    assert said.status == 2
    assert said.err.splitlines() == ["error: missing.jsonl cannot be read: No such file or directory"]
