"""What is added and taken back comes, whatever the order, to what all events together count as."""

from collections import Counter
from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.integration.journeys import added, parts
from tests.integration.settled import SECOND, Settled, instant, settle
from tests.laws.counted import Counted, Total, counted
from tests.laws.lives import DAY, START, Event, arrivals, rfc3339


@given(arrivals(), st.sets(st.integers(0, 30)))
def test_all_together_come_to_what_they_count_as(arrived: Sequence[Event], restarts: set[int]) -> None:
    found, settled = counted(arrived, [*restarts]), settle(arrived)

    assert found.outcomes == settled.outcomes
    assert found.result == added(parts(settled.things))


@given(arrivals(), st.integers(0, 130 * DAY))
def test_what_comes_at_the_end_of_a_look_or_later_tells_nothing(arrived: Sequence[Event], end: int) -> None:
    until = (START + end) * SECOND
    found = Counted(until=until)
    for event in arrived:
        found.take(event)
    others = {"invitation", "erasure"}  # they tell of themselves alone, and are left out where they are counted
    things = [thing for thing in settle(arrived).things if thing.kind not in others]

    assert Counter({place: n for place, n in found.result.items() if place[2] != "response_rate"}) == added(
        parts(things, until=until)
    )


@given(arrivals())
def test_what_is_late_changes_nothing_and_what_is_forgotten_is_missed_by_nothing(arrived: Sequence[Event]) -> None:
    horizon = 20 * DAY
    found, settled = Counted(horizon), Settled(horizon)
    for event in arrived:
        outcome, expected = found.take(event), settled.take(event)
        if instant(event["occurred_at"]) // SECOND < settled.stream_time - horizon and expected == "duplicate":
            assert outcome in {"duplicate", "late"}  # what it is a duplicate of may be forgotten
        else:
            assert outcome == expected

    def seen(total: Total) -> Total:
        first = (settled.stream_time - horizon) * SECOND
        return Counter({place: number for place, number in total.items() if place[0] >= first})

    assert seen(found.result) == seen(added(parts(settled.things)))


@given(st.integers(0, 2**32), st.integers(90, 160))
def test_of_a_caller_who_never_stops_every_contact_counts_once(seed: int, number: int) -> None:
    chance = Random(seed)
    times = sorted(chance.randrange(40 * DAY) for _ in range(number))
    arrived = [
        {
            "type": "contact", "contact_id": f"k{place}", "customer_id": "c1", "occurred_at": rfc3339(at),
            "issue": chance.choice(("invoice", "login")), "resolved": chance.random() < 0.5,
            "channel": chance.choice(("phone", "chat")),
        }
        for place, at in enumerate(times)
    ]  # fmt: skip
    found = counted([*arrived, *chance.sample(arrived[-80:], 20)], [*range(0, number, 25)])

    assert found.outcomes == {"accepted": number, "duplicate": 20}
    assert found.result == added(parts(settle(arrived).things))


def test_what_is_older_than_what_is_remembered_of_a_caller_is_late() -> None:
    arrived = [
        {"type": "contact", "contact_id": f"k{n}", "customer_id": "c1", "occurred_at": rfc3339(n)} for n in range(150)
    ]
    found = counted([*arrived, arrived[0], arrived[149]])

    assert found.outcomes == {"accepted": 150, "late": 1, "duplicate": 1}
    assert found.of("omnichannel") == {"contacts": 150, "customers": 1}
