"""Scores on their scales and times with their offsets: what is read, and why the rest is not."""

from typing import Any

import pytest

from stream.measures import Rating
from tests.unit.records import ANSWER, Json, read, rejection

# Scores on their scale


def rated(kpi: str, score: int | None, low: int | None = None, high: int | None = None, **more: Any) -> Json:
    scale = {} if low is None else {"scale": {"min": low, "max": high}}
    return ANSWER | {"kpi": kpi, "score": score} | scale | more


@pytest.mark.parametrize(
    ("kpi", "scale", "low", "high"),
    [
        ("nps", (), 0, 10),
        ("nps", (0, 10), 0, 10),
        ("nps", (1, 10), 1, 10),
        ("enps", (), 0, 10),
        ("enps", (1, 10), 1, 10),
        ("csat", (), 1, 5),
        *(
            ("csat", scale, *scale)
            for scale in ((1, 2), (1, 3), (1, 4), (1, 5), (0, 5), (1, 6), (1, 7), (1, 10), (0, 10))
        ),
        ("ces", (), 1, 7),
        *(("ces", scale, *scale) for scale in ((1, 5), (1, 7), (0, 10), (0, 100))),
    ],
)
def test_a_score_is_on_its_scale(kpi: str, scale: tuple[int, ...], low: int, high: int) -> None:
    for score in (low, high):
        assert read(rated(kpi, score, *scale)).measure == Rating(kpi, score, low, high)
    for score in (low - 1, high + 1):
        error = rejection(rated(kpi, score, *scale))
        assert (error.reason, error.field) == ("out_of_range", "score")
        assert str(error) == f"score must be {low} to {high}; got {score}"


def test_zero_is_a_score_where_the_scale_begins_there() -> None:
    assert read(rated("nps", 0)).measure == Rating("nps", 0, 0, 10)
    assert read(rated("csat", 0, 0, 5)).measure == Rating("csat", 0, 0, 5)
    assert rejection(rated("csat", 0, 1, 5)).reason == "out_of_range"
    assert rejection(rated("csat", 0)).reason == "out_of_range"


@pytest.mark.parametrize(
    ("kpi", "low", "high", "told"),
    [
        ("nps", 0, 5, "nps is defined on 0 to 10 or 1 to 10; got a scale from 0 to 5"),
        ("enps", 0, 100, "enps is defined on 0 to 10 or 1 to 10; got a scale from 0 to 100"),
        ("csat", 1, 9, "csat_thresholds); got a scale from 1 to 9"),
        ("csat", 5, 1, "got a scale from 5 to 1"),
        ("ces", 1, 12, "such as 1 to 7; got a scale from 1 to 12"),
        ("ces", 3, 3, "got a scale from 3 to 3"),
    ],
)
def test_a_scale_that_the_kpi_is_not_defined_on(kpi: str, low: int, high: int, told: str) -> None:
    error = rejection(rated(kpi, 3, low, high))
    assert (error.reason, error.field) == ("unknown_scale", "scale")
    assert told in str(error)


def test_what_a_high_score_means_is_part_of_the_event() -> None:
    harder = {"scale": {"min": 1, "max": 5, "high_is": "harder"}}
    assert read(rated("ces", 1) | harder).measure == Rating("ces", 5, 1, 5)


def test_skipped_and_deleted_need_no_score() -> None:
    assert read(rated("nps", None, status="skipped")).measure == Rating("nps", 0, 0, 10, answered=False)
    deleted = read(rated("nps", None, status="deleted"))
    assert (deleted.measure, deleted.deleted) == (None, True)


@pytest.mark.parametrize("status", ["declined", "excluded", "deleted"])
def test_a_score_that_does_not_count_must_still_be_one(status: str) -> None:
    assert read(rated("nps", 9, status=status)).measure is None
    assert rejection(rated("nps", 11, status=status)).reason == "out_of_range"


# Times


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T16:00:00-08:00", 0),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.123456789Z", 123_457),
        ("1970-01-01t00:00:01z", 1_000_000),
    ],
)
def test_times_are_read_exactly(text: str, microseconds: int) -> None:
    assert read(ANSWER | {"occurred_at": text}).time == microseconds


@pytest.mark.parametrize("field", ["occurred_at", "updated_at"])
@pytest.mark.parametrize(
    ("given", "reason", "told"),
    [
        ("2026-03-01T09:30:00", "time_without_zone", "needs an offset such as Z or +01:00; got '2026-03-01T09:30:00'"),
        ("2026-03-01 09:30:00.5", "time_without_zone", "got '2026-03-01 09:30:00.5'"),
        ("2026-02-29T09:30:00Z", "invalid_time", "such as 2026-03-01T09:30:00Z; got '2026-02-29T09:30:00Z'"),
        ("2026-03-01T24:00:00Z", "invalid_time", "got '2026-03-01T24:00:00Z'"),
        ("2026-03-01T09:30:00+24:00", "invalid_time", "got '2026-03-01T09:30:00+24:00'"),
        ("2026-03-01", "invalid_time", "got '2026-03-01'"),
        ("01/03/2026 09:30", "invalid_time", "got '01/03/2026 09:30'"),
        ("yesterday", "invalid_time", "got 'yesterday'"),
        ("", "invalid_time", "got ''"),
        (1772357400, "invalid_time", "got 1772357400"),
        (True, "invalid_time", "got True"),
    ],
)
def test_a_time_that_cannot_be_read(field: str, given: Any, reason: str, told: str) -> None:
    error = rejection(ANSWER | {field: given})
    assert (error.reason, error.field) == (reason, field)
    assert told in str(error)
