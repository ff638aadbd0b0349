"""Alerts and the book that they are kept in."""

from dataclasses import replace

import pytest

from stream.drops.alerts import Alert, Book, Chart
from stream.drops.explain import Part
from stream.drops.say import sentence

RAISED = Alert(
    "nps", "channel", "phone", "raised", 700.0, 600.0, None, 21.3, 14.0, 28.6, 30.2, 1985, 78.0, 374,
    explained_by=(Part("touchpoint", "billing", 0.8, 17.0, 0.1),),
)  # fmt: skip
RESOLVED = RAISED.closed(4_000.0, 3_600.0, accepted=False)
CHART = Chart("nps", "channel", "phone")


def book(*alerts: Alert) -> Book:
    found = Book()
    for alert in alerts:
        found.take(alert)
    return found


def test_a_record_reads_as_it_was_written() -> None:
    for alert in (RAISED, RESOLVED, replace(RESOLVED, accepted=True)):
        assert Alert.read(alert.encoded()) == alert


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b"{}", b'{"kpi":"nps"}', b'{"at":"soon"}'])
def test_what_is_no_alert_says_so(value: bytes) -> None:
    with pytest.raises(ValueError, match="not an alert"):
        Alert.read(value)


def test_the_first_of_two_that_are_raised_counts() -> None:
    other = replace(RAISED, begin=610.0, at=705.0)
    assert book(RAISED, other, RAISED).open() == [RAISED]


def test_an_explanation_that_comes_later_is_taken_once() -> None:
    unexplained = replace(RAISED, explained_by=())
    assert book(unexplained, RAISED).open() == [RAISED]
    assert book(RAISED, unexplained).open() == [RAISED]
    assert book(unexplained, RAISED, RESOLVED, RAISED).open() == []


def test_whatever_resolves_a_chart_resolves_what_is_open() -> None:
    other = replace(RAISED, begin=610.0).closed(4_000.0, 3_500.0, accepted=False)
    found = book(RAISED, other)
    assert found.open() == []
    assert found.of(CHART).spans == [(610.0, 3_500.0)]
    assert found.of(CHART).resumed == 3_500.0


def test_one_that_began_before_the_last_one_ended_comes_too_late() -> None:
    assert book(RAISED, RESOLVED, replace(RAISED, begin=3_000.0)).open() == []
    again = replace(RAISED, begin=5_000.0, at=5_100.0)
    assert book(RAISED, RESOLVED, again).open() == [again]


def test_reading_the_topic_twice_changes_nothing() -> None:
    once, twice = book(RAISED, RESOLVED), book(RAISED, RESOLVED, RAISED, RESOLVED)
    assert once.of(CHART) == twice.of(CHART)


def test_an_accepted_drop_is_what_counts_as_usual_from_its_begin() -> None:
    history = book(RAISED, RAISED.closed(9_000.0, 9_000.0, accepted=True)).of(CHART)
    assert (history.since, history.resumed, history.spans) == (600.0, 9_000.0, [])


def test_the_past_is_forgotten() -> None:
    found = book(RAISED, RESOLVED)
    found.forget(3_000.0)
    assert found.of(CHART).spans
    found.forget(10_000.0)
    assert found.of(CHART).spans == []


def test_an_accepted_drop_says_so() -> None:
    said = sentence(RAISED.closed(9_000.0, 9_000.0, accepted=True))
    assert "channel phone stays where it is: a drop of 21.3 points" in said


def test_a_rise_is_above_what_is_usual() -> None:
    rise = replace(RAISED, kpi="churn", drop=0.021, lower=0.011, upper=0.031, baseline=0.02, explained_by=())
    assert "Churn of channel phone is 2.1 points above its usual 2.0 % (95 %: 1.1 to 3.1)" in sentence(rise)
