"""Files as senders export them, and broken ones: each thing has its place, and nothing is passed over in silence."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import Rejected
from stream.gateway.records import Preparer
from stream.imports.history import Report, records
from stream.imports.reading import Format, Thing, things
from stream.settings import Settings
from tests.sources.examples import FILES, source_of


def read(text: bytes, kind: Format, encoding: str = "utf-8") -> list[tuple[str, Any]]:
    """Places and values, or reasons."""
    found = things(text.split(b"\n"), kind, encoding)
    return [(place, value.reason if isinstance(value, Rejected) else value) for place, value in found]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_columns_may_be_parted_by_anything_usual(delimiter: str) -> None:
    text = f"\ufeffId{delimiter}Q1.score \n1{delimiter}9\n".encode()
    assert read(text, "csv") == [("row 2", {"Id": "1", "Q1_score": "9"})]


def test_rows_may_have_lines_in_them() -> None:
    text = b'id,why\r\n1,"too\nslow"\r\n\r\n2,ok'
    assert [value for _, value in read(text, "csv")] == [{"id": "1", "why": "too\nslow"}, {"id": "2", "why": "ok"}]


def test_a_row_that_cannot_be_read_is_told_and_the_next_one_read() -> None:
    text = b"id,why\n1\n2,caf\xe9\n3,ok"
    assert read(text, "csv") == [
        ("row 2", "unexpected_form"),
        ("row 3", "unexpected_form"),
        ("row 4", {"id": "3", "why": "ok"}),
    ]
    assert read(text, "csv", "cp1252")[1] == ("row 3", {"id": "2", "why": "café"})
    assert read(b"\xe9", "csv") == [("line 1", "unexpected_form")]
    assert read(b"", "csv") == []


def test_lines_of_json_with_several_or_broken_ones() -> None:
    assert read(b'{"a":1}\n\n{"a":2} {"a":3}{"a":4}\n{"a":5}{"a"\n', "ndjson") == [
        ("line 1", {"a": 1}), ("line 3", {"a": 2}), ("line 3", {"a": 3}), ("line 3", {"a": 4}), ("line 4", {"a": 5}),
        ("line 4", "invalid_json"),
    ]  # fmt: skip


def test_a_document_is_one_thing_or_a_list() -> None:
    assert read(b'\xef\xbb\xbf[{"a":\n1}]', "json") == [("item 1", {"a": 1})]
    assert read(b'{"data": []}', "json") == [("item 1", {"data": []})]
    assert read(b"{", "json") == [("the file", "invalid_json")]


@given(st.binary(max_size=200), st.sampled_from(["csv", "ndjson", "json"]))
def test_whatever_a_file_holds_is_read_or_told(data: bytes, kind: Format) -> None:
    for thing in things(data.split(b"\n"), kind):
        assert isinstance(thing.value, Rejected) or orjson.dumps(thing.value, default=str) is not None


def made(name: str, values: list[Any], headers: dict[str, str] | None = None) -> tuple[list[Any], Report]:
    """The events and the report of values."""
    report = Report()
    found = [Thing(f"item {number}", value) for number, value in enumerate(values, 1)]
    written = records(found, source_of(name), Preparer(Settings()), headers or {}, 2e9, report)
    return [orjson.loads(record.value) for record in written], report


def test_every_event_and_every_problem_is_in_the_report() -> None:
    delivered = [example["payload"] for example in FILES["intercom"]["deliveries"]]
    bad = {"topic": "conversation.rating.added", "created_at": 1, "data": {"item": {"id": 1, "conversation_rating": {
        "rating": 9, "updated_at": 1671028894}}}}  # fmt: skip
    events, report = made("intercom", [*delivered, bad, bad, bad, bad, Rejected("invalid_json", "", "no JSON"), 7])
    assert report.events == {"survey_response": 3, "contact": 1, "erasure": 1}
    assert len(events) == 7, "an erasure goes to three topics"
    assert report.rejected == {"unexpected_form": 1, "out_of_range": 4, "invalid_json": 1}
    assert report.passed_over == 2
    said = str(report).splitlines()
    assert "events: 5" in said
    assert "rejected: 6" in said
    assert [line for line in said if "item 8" in line or "item 11" in line] == [
        "    item 8: score must be 1 to 5; got 9",
    ]


def test_a_header_tells_what_an_export_does_not() -> None:
    order = FILES["shopify"]["deliveries"][0]["payload"]
    assert made("shopify", [order])[1].passed_over == 1
    assert made("shopify", [order], {"x-shopify-topic": "orders/create"})[1].events == {"order": 1}


def test_an_export_that_its_file_does_not_foresee_is_told() -> None:
    _, report = made("qualtrics", ["R_1"])
    assert report.rejected == {"unexpected_form": 1}
