"""From survey records to verbatims: what is said, what is taken back, and what never leaves."""

import json
from typing import Any, NamedTuple

import pytest

from stream.decode import decode
from stream.measures import Status
from stream.text.taxonomy import Taxonomy
from stream.text.verbatims import Made, verbatim_of

TAXONOMY = Taxonomy.load()
AT, LATER = "2026-03-01T09:30:00Z", "2026-03-02T10:00:00Z"
ANSWER = {"response_id": "r1", "kpi": "nps", "score": 9, "occurred_at": AT}
BAD = "C'est trop cher, jane@example.com"


class Record(NamedTuple):
    value: bytes | None
    offset: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


def made(headers: tuple[tuple[str, bytes], ...] = (), **fields: Any) -> Made:
    value = json.dumps({name: value for name, value in (ANSWER | fields).items() if value != ...}).encode()
    found = verbatim_of(Record(value, headers=headers), TAXONOMY, 1_000)
    assert found is not None
    return found


def event(**fields: Any) -> dict[str, Any]:
    value = made(**fields).value
    assert value is not None
    decode(value, (), "feedback.verbatims", 1_000)  # the engine takes it
    read: dict[str, Any] = json.loads(value)
    return read


def test_a_comment_becomes_what_it_says() -> None:
    told = event(comment=BAD, customer_id="c1", agent_id="a1", channel="phone", survey_id="s", revision=2, score=3)
    assert told == {
        "type": "verbatim", "response_id": "r1", "question": "nps", "occurred_at": "2026-03-01T09:30:00+00:00",
        "updated_at": None, "revision": 2, "status": "answered", "language": "fr", "sentiment": "negative",
        "themes": ["price"], "group": "detractor", "channel": "phone", "touchpoint": "unknown", "segment": "unknown",
        "team": "unknown", "survey_id": "s",
    }  # fmt: skip


def test_identity_and_version_are_the_answers() -> None:
    for fields in ({}, {"question": "why"}, {"updated_at": LATER}, {"revision": 7, "occurred_at": LATER}):
        answer = decode(json.dumps(ANSWER | fields).encode(), (), "feedback.surveys", 1_000)
        value = made(comment="merci", **fields).value
        verbatim = decode(value, (), "feedback.verbatims", 1_000)
        assert (verbatim.identity, verbatim.version, verbatim.time, verbatim.dimensions) == (
            f"verbatim\0{answer.identity}", answer.version, answer.time, answer.dimensions,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "group"),
    [
        ({"score": 9}, "promoter"),
        ({"score": 7}, "passive"),
        ({"score": 0}, "detractor"),
        ({"score": 6, "scale": {"min": 1, "max": 10}}, "detractor"),
        ({"score": 1, "scale": {"min": 0, "max": 10, "high_is": "worse"}}, "promoter"),
        ({"score": None, "status": "skipped"}, None),
        ({"score": 9, "kpi": "enps"}, None),
        ({"score": 5, "kpi": "csat"}, None),
    ],
)
def test_the_group_is_that_of_the_answer_to_the_question_of_nps(fields: dict[str, Any], group: str | None) -> None:
    assert event(comment="merci", **fields)["group"] == group


@pytest.mark.parametrize("status", Status.__args__)  # type: ignore[attr-defined]
@pytest.mark.parametrize("comment", [..., None, "", "  ", "...", "merci"])
@pytest.mark.parametrize("later", [{}, {"updated_at": LATER}, {"revision": 1}])
def test_what_may_have_had_a_comment_before_is_taken_back(status: str, comment: Any, later: dict[str, Any]) -> None:
    found = made(status=status, comment=comment, **later)
    says = comment == "merci" and status in {"answered", "skipped"}
    if found.value is None:
        assert not says
        assert status != "deleted"
        assert not later
        return
    assert says or status == "deleted" or later
    told = json.loads(found.value)
    assert told["status"] == ("answered" if says else "deleted")
    assert told["sentiment"] == ("positive" if says else None)
    assert says or (told["themes"], told["language"], told["group"]) == ([], None, None)


@pytest.mark.parametrize(
    ("fields", "tongue"),
    [
        ({"comment": "merci beaucoup"}, "fr"),
        ({"comment": "thank you"}, "en"),
        ({"comment": "👍"}, "none"),
        ({"comment": "Danke", "language": "de"}, "unread"),
        ({"comment": "merci", "status": "deleted"}, None),
        ({}, None),
    ],
)
def test_comments_are_counted_by_their_language(fields: dict[str, Any], tongue: str | None) -> None:
    assert made(**fields).tongue == tongue


def test_a_cloud_event_is_unwrapped() -> None:
    headers = tuple(
        (f"ce_{name}", value) for name, value in
        (("specversion", b"1.0"), ("id", b"1"), ("source", b"s"), ("type", b"com.example.survey_response"))
    )  # fmt: skip
    assert made(headers, comment="merci").value is not None
    assert event(comment="merci", unknown_field=1)["sentiment"] == "positive"


@pytest.mark.parametrize(
    "value",
    [None, b"", b"[]", b"\xff", b'{"response_id":"r1"}', b'{"type":"churn","customer_id":"c1"}',
     json.dumps(ANSWER | {"score": 11, "comment": "merci"}).encode(),
     json.dumps(ANSWER | {"comment": "merci " * 1_000}).encode()],
)  # fmt: skip
def test_what_the_agents_reject_leads_to_nothing(value: bytes | None) -> None:
    assert verbatim_of(Record(value), TAXONOMY, 1_000) is None
