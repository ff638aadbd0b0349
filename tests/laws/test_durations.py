"""Quantiles read from buckets are those of the durations themselves, within the error that is stated."""

from collections import Counter
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.kpi.durations import BOUNDS, ERROR, FIELDS, bucket, quantile

MICROS = 1_000_000
LONGEST = 30 * 86_400 * MICROS

#: Mostly seconds and minutes, on the borders of buckets too, and what lies below and beyond them.
durations = st.lists(
    st.integers(0, 3_600 * MICROS)
    | st.integers(-MICROS, 3 * LONGEST)
    | st.sampled_from(BOUNDS).map(lambda bound: round(bound * MICROS)),
    min_size=1,
    max_size=60,
)
parts = st.sampled_from(["0.5", "0.9", "0.95"])


def counted(micros: list[int]) -> list[int]:
    counts = Counter(map(bucket, micros))
    return [counts[number] for number in range(len(FIELDS))]


@given(durations, parts)
def test_a_quantile_is_within_a_tenth_of_that_of_the_durations(micros: list[int], q: str) -> None:
    true = sorted(micros)[floor(Fraction(q) * (len(micros) - 1))] / MICROS
    estimate = quantile(counted(micros), float(q))

    assert estimate is not None
    if true <= 1:
        assert estimate.value == 1  # the first bucket tells no more
    elif true <= BOUNDS[-1]:
        assert estimate.value == pytest.approx(true, rel=ERROR * (1 + 1e-9))
    else:
        assert estimate.value == BOUNDS[-1]


@given(durations, parts)
def test_the_interval_holds_the_quantile_of_the_durations(micros: list[int], q: str) -> None:
    true = sorted(micros)[floor(Fraction(q) * (len(micros) - 1))] / MICROS
    estimate = quantile(counted(micros), float(q))

    assert estimate is not None
    assert estimate.lower is not None
    assert estimate.upper is not None
    assert estimate.lower <= max(0.0, true)
    assert min(true, BOUNDS[-1]) <= estimate.upper * (1 + 1e-9)
    assert estimate.lower <= estimate.value <= estimate.upper


@given(st.integers(-10 * MICROS, 4 * LONGEST))
def test_a_duration_lies_between_the_ends_of_its_bucket(micros: int) -> None:
    number = bucket(micros)

    assert number == 0 or BOUNDS[number - 1] < micros / MICROS
    assert number == len(BOUNDS) or micros / MICROS <= BOUNDS[number]


def test_buckets_reach_from_a_second_to_thirty_days() -> None:
    assert BOUNDS[0] == 1
    assert BOUNDS[-2] < 30 * 86_400 <= BOUNDS[-1]
    assert len(FIELDS) == len(set(FIELDS)) == len(BOUNDS) + 1
