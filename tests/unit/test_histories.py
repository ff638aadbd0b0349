"""Each trap of contacts, orders, cases and comments, as an example worked out by hand."""

import json
from itertools import permutations
from typing import Any

import pytest

from stream.decode import parse
from stream.errors import Rejected
from stream.kpi.clv import Clv
from stream.settings import Settings
from tests.laws.counted import Counted, counted
from tests.laws.lives import DAY, Event, rfc3339

HOUR = 3_600


def contact(name: str, at: float, **fields: Any) -> Event:
    """A phone call about an invoice, resolved."""
    return {
        "type": "contact", "contact_id": name, "customer_id": "c1", "occurred_at": rfc3339(at), "issue": "invoice",
        "resolved": True, "channel": "phone", **fields,
    }  # fmt: skip


def order(name: str, at: float, amount: str, currency: str = "EUR", **fields: Any) -> Event:
    return {
        "type": "order", "order_id": name, "customer_id": "c1", "occurred_at": rfc3339(at), "amount": amount,
        "currency": currency, **fields,
    }  # fmt: skip


def step(status: str, at: float) -> Event:
    return {"type": "case", "case_id": "q1", "status": status, "occurred_at": rfc3339(at)}


def firsts(*events: Event, settings: Settings | None = None) -> tuple[int, int]:
    """First contacts, and how many of them were enough; the same whatever the order of arrival."""
    found = {
        (total.get("first", 0), total.get("resolved", 0))
        for arrived in permutations(events)
        for total in [counted(arrived, settings=settings or Settings()).of("fcr")]
    }
    (figures,) = found
    return figures


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (contact("k2", 6.99 * DAY), (1, 0)),
        (contact("k2", 7 * DAY), (1, 0)),  # within seven days, the last moment included
        (contact("k2", 7.01 * DAY), (2, 2)),
        (contact("k2", 6.99 * DAY, issue="login"), (2, 2)),
        (contact("k2", 6.99 * DAY, channel="chat"), (1, 0)),  # a first contact, by whatever channel
        (contact("k2", 6.99 * DAY, direction="outbound"), (1, 1)),  # we called back
        (contact("k2", 6.99 * DAY, customer_id="c2"), (2, 2)),
        (contact("k2", 6.99 * DAY, resolved=False), (1, 0)),  # a repeat is no first contact
        (contact("k2", 7.01 * DAY, resolved=False), (2, 1)),
    ],
)
def test_a_first_contact_and_one_that_follows(again: Event, expected: tuple[int, int]) -> None:
    assert firsts(contact("k1", 0), again) == expected


@pytest.mark.parametrize(("resolved", "enough"), [(True, 1), (False, 0), (None, 0)])
def test_a_contact_alone_is_enough_if_it_was_resolved(resolved: bool | None, enough: int) -> None:
    assert firsts(contact("k1", 0, resolved=resolved)) == (1, enough)


def test_contacts_without_an_issue_are_on_one_issue() -> None:
    assert firsts(contact("k1", 0, issue=None), contact("k2", DAY, issue=None)) == (1, 0)


def test_a_repeat_of_a_repeat_is_no_first_contact() -> None:
    assert firsts(contact("k1", 0), contact("k2", 6 * DAY), contact("k3", 12 * DAY)) == (1, 0)


def test_transferred_contacts_are_one_that_ends_as_the_last_did() -> None:
    begun = contact("k1", 0, resolved=False)
    other = contact("k2", 60, initial_contact_id="k1", issue="refund", resolved=False)
    solved = contact("k3", 120, initial_contact_id="k1", resolved=True)

    assert firsts(begun, other) == (1, 0)
    assert firsts(begun, other, solved) == (1, 1)
    # The customer comes back on the issue of the first, within seven days of the last.
    assert firsts(begun, other, solved, contact("k4", 7 * DAY + 100)) == (1, 0)
    assert firsts(begun, other, solved, contact("k4", 7 * DAY + 121)) == (2, 2)


def test_outbound_contacts_are_no_first_contacts() -> None:
    assert firsts(contact("k1", 0, direction="outbound"), contact("k2", DAY)) == (1, 1)


def test_the_days_are_a_setting() -> None:
    settings = Settings(fcr_window="1d")
    assert firsts(contact("k1", 0), contact("k2", DAY + 1), settings=settings) == (2, 2)


def test_a_contact_from_before_the_horizon_still_makes_repeats_of_those_after_it() -> None:
    found = Counted(horizon=5 * DAY)
    for number, day in enumerate((0, 6, 8, 9)):
        found.take(contact(f"k{number}", day * DAY))
    assert found.of("fcr") == {"first": 1}


def test_what_is_resolved_later_counts_from_then_on_and_a_repeat_takes_it_back() -> None:
    found = Counted()
    assert found.take(contact("k1", 0, resolved=None)) == "accepted"
    assert found.of("fcr") == {"first": 1}
    assert found.take(contact("k1", 0, updated_at=rfc3339(HOUR))) == "corrected"
    assert found.of("fcr") == {"first": 1, "resolved": 1, "provisional": 1}
    assert found.take(contact("k1", 0, resolved=False, updated_at=rfc3339(60))) == "duplicate"
    found.take(contact("k2", DAY))
    assert found.of("fcr") == {"first": 1}


@pytest.mark.parametrize(
    ("channels", "several", "switches"),
    [
        ([("phone", 0)], 0, 0),
        ([("phone", 0), ("phone", DAY)], 0, 0),
        ([("phone", 0), ("chat", 30 * DAY)], 1, 1),
        ([("phone", 0), ("chat", 30 * DAY + 1)], 0, 0),
        ([("phone", 0), ("chat", DAY), ("phone", 2 * DAY)], 1, 2),
        ([("chat", 0), ("phone", 20 * DAY), ("phone", 40 * DAY)], 0, 1),  # chat is too long ago at the latest contact
        ([("phone", 0), (None, DAY)], 0, 0),  # nobody knows by which channel
        ([("phone", 0), (None, DAY), ("chat", 2 * DAY)], 1, 1),
    ],
)
def test_customers_on_several_channels(channels: list[tuple[str | None, float]], several: int, switches: int) -> None:
    events = [contact(f"k{n}", at, channel=channel) for n, (channel, at) in enumerate(channels)]
    for arrived in permutations(events):
        total = {"customers": 0, "several": 0, "switches": 0} | counted(arrived).of("omnichannel")
        assert total == {"customers": 1, "several": several, "switches": switches, "contacts": len(channels)}


@pytest.mark.parametrize(
    ("channel", "seconds", "in_time"),
    [("phone", 60, 1), ("phone", 61, 0), ("voice", 61, 0), ("chat", 61, 1), ("chat", 3_600, 1), (None, 3_601, 0)],
)
def test_each_channel_has_its_target(channel: str | None, seconds: int, in_time: int) -> None:
    total = counted([contact("k1", 0, channel=channel, first_response_at=rfc3339(seconds))]).of("response_time")
    assert total.pop("in_time", 0) == in_time
    assert [*total.values()] == [1]


def test_targets_are_a_setting_and_without_one_any_time_will_do() -> None:
    settings = Settings(response_targets="phone: 10s")
    slow = [contact(f"k{channel}", 0, channel=channel, first_response_at=rfc3339(11)) for channel in ("phone", "chat")]
    assert counted(slow, settings=settings).of("response_time")["in_time"] == 1


def test_a_contact_that_nobody_answered_has_no_response_time() -> None:
    assert counted([contact("k1", 0)]).of("response_time") == {}


def test_a_response_before_the_contact_is_rejected() -> None:
    with pytest.raises(Rejected, match="first_response_at is before occurred_at") as caught:
        parse(json.dumps(contact("k1", 60, first_response_at=rfc3339(59))).encode(), (), None)
    assert (caught.value.reason, caught.value.field) == ("out_of_order", "first_response_at")


def test_customer_lifetime_value_of_two_orders_a_month() -> None:
    # 500.00 EUR × 2 orders a month × 24 months = 2 400 000 hundredths.
    total = counted([order("o1", 0, "500.00"), order("o2", DAY, "500.00")]).of("clv", "EUR")
    clv = Clv(**total, seconds=30 * DAY, per_unit=100)

    assert (clv.orders, clv.revenue, clv.customers) == (2, 100_000, 1)
    figures = [clv.clv_order_value(), clv.clv_order_frequency(), clv.clv()]
    assert [figure and figure.value for figure in figures] == [500.0, 2.0, 24_000.0]


def test_currencies_are_never_added_up() -> None:
    found = counted([order("o1", 0, "10.00"), order("o2", DAY, "1200", "JPY"), order("o3", DAY, "1.234", "KWD")])
    assert {label: found.of("clv", label)["revenue"] for label in ("EUR", "JPY", "KWD")} == {
        "EUR": 1_000, "JPY": 1_200, "KWD": 1_234,
    }  # fmt: skip
    assert {label: found.of("clv", label)["customers"] for label in ("EUR", "JPY", "KWD")} == {
        "EUR": 1, "JPY": 1, "KWD": 1,
    }  # fmt: skip
    assert found.of("upsell") == {"orders": 3}


@pytest.mark.parametrize("undone", [{"status": "cancelled"}, {"status": "refunded"}, {"test": True}])
def test_an_order_that_is_undone_is_out_and_the_one_before_it_is_the_latest(undone: Event) -> None:
    first, last = order("o1", 0, "10.00"), order("o2", DAY, "90.00", kind="upsell")
    found = counted([first, last, last | undone | {"updated_at": rfc3339(2 * DAY)}])

    assert found.of("clv", "EUR") == counted([first]).of("clv", "EUR")
    assert found.of("upsell") == {"orders": 1}
    assert found.outcomes == {"accepted": 2, "corrected": 1}


def test_an_order_whose_currency_was_wrong_is_moved() -> None:
    found = counted([order("o1", 0, "10.00", "USD"), order("o1", 0, "10.00", updated_at=rfc3339(60))])
    assert found.of("clv", "USD") == {}
    assert found.of("clv", "EUR")["revenue"] == 1_000


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("opened", 0)], {"open": 1, "opened": 1, "due": 1}),
        ([("opened", 0), ("closed", 48 * HOUR)], {"opened": 1, "closed": 1, "due": 1, "in_time": 1}),
        ([("opened", 0), ("closed", 48 * HOUR + 1)], {"opened": 1, "closed": 1, "due": 1}),
        ([("opened", 0), ("contacted", HOUR)], {"open": 1, "opened": 1, "due": 1}),
        ([("closed", HOUR)], {}),  # nobody knows what was closed
        # Opened once more before it was due, and not closed again in time; or afterwards, when it had been in time.
        (
            [("opened", 0), ("closed", HOUR), ("opened", 47 * HOUR), ("closed", 50 * HOUR)],
            {"opened": 2, "closed": 2, "due": 1},
        ),
        (
            [("opened", 0), ("closed", HOUR), ("opened", 49 * HOUR)],
            {"open": 1, "opened": 2, "closed": 1, "due": 1, "in_time": 1},
        ),
        # What is open is not opened, what is closed not closed.
        ([("opened", 0), ("opened", HOUR)], {"open": 1, "opened": 1, "due": 1}),
        ([("opened", 0), ("closed", 1), ("closed", 49 * HOUR)], {"opened": 1, "closed": 1, "due": 1, "in_time": 1}),
        ([("opened", 0), ("closed", 0)], {"opened": 1, "closed": 1, "due": 1, "in_time": 1}),
    ],
)
def test_the_life_of_a_case(steps: list[tuple[str, float]], expected: dict[str, int]) -> None:
    for arrived in permutations([step(*each) for each in steps]):
        found = counted(arrived)
        total = {name: n for name, n in found.of("cases").items() if not name.startswith("bucket")}
        assert total | found.of("closed_loop") == expected


def test_a_case_that_is_closed_after_a_year_is_open_no_more() -> None:
    found = Counted(horizon=30 * DAY)
    for event in (step("opened", 0), step("contacted", 100 * DAY), step("closed", 365 * DAY)):
        found.take(event)
    assert "open" not in found.of("cases")


def test_a_comment_that_is_corrected_and_deleted() -> None:
    said = {
        "type": "verbatim", "response_id": "r1", "occurred_at": rfc3339(0), "sentiment": "negative",
        "themes": ["waiting", "price", "waiting"], "group": "detractor",
    }  # fmt: skip
    found = Counted()
    found.take(said)
    assert found.of("sentiment") == {"negative": 1}
    assert found.of("themes", "waiting") == found.of("themes", "price") == {"mentions": 1, "detractors": 1}
    found.take(said | {"themes": ["price"], "group": "passive", "revision": 1})
    assert found.of("themes", "waiting") == {}
    assert found.of("themes", "price") == {"mentions": 1, "passives": 1}
    assert found.take(said | {"status": "deleted", "sentiment": None, "themes": [], "revision": 2}) == "deleted"
    assert found.result == {}
