"""The traffic of a scenario, from its start on without end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from stream.simulate import centre, faults
from stream.simulate.agenda import Agenda, Simulated
from stream.simulate.centre import Customers
from stream.simulate.chance import stream
from stream.simulate.desk import LONGEST_MS, Desk
from stream.simulate.employees import ANSWERS_PER_SECOND, Staff
from stream.simulate.feedback import ANSWERED
from stream.simulate.orders import Shop
from stream.simulate.register import Register, losses_per_second, moves_per_second
from stream.simulate.rhythm import millis
from stream.simulate.scenarios import SCENARIOS, Scenario
from stream.simulate.site import Site

#: Records that come of one contact in the end, and of one order; counted over a week of `steady`.
_RECORDS_PER_CONTACT = 3.83
_RECORDS_PER_ORDER = 1.04
_ORDERS = 0.12
#: So many customers that one who turns to the centre twice on the same issue mostly does so because of the first time.
_CUSTOMERS_PER_RATE = 200_000
_FEWEST_CUSTOMERS = 20_000


def simulate(
    scenario: str | Scenario, *, rate: float, seed: int, start: datetime, onset: timedelta | None = None
) -> Iterator[Simulated]:
    """The records that a contact centre sends, in the order they are sent, from `start` on without end.

    `rate` is records of all kinds per second, on average over a week of `steady`; by day it is up to three times as
    much, by night a tenth. What the scenario has in store begins `onset` after `start` (left out: after the scenario's
    own onset), so a simulation that begins in the past can have its incident in the present. Equal arguments give equal
    records, byte for byte.

    Raises:
        ValueError: at once, if the scenario is unknown, the rate is not above 0, or `start` has no offset.

    >>> from datetime import UTC
    >>> records = simulate("steady", rate=20, seed=1, start=datetime(2026, 3, 2, 9, tzinfo=UTC))
    >>> next(records).value
    b'{"type":"customer_count","customers":...,"occurred_at":"2026-03-02T09:00:00.000Z","segment":"standard"}'
    """
    plan = _scenario(scenario)
    if onset is not None:
        plan = replace(plan, onset=onset)
    if not 0 < rate < float("inf"):
        msg = f"`rate` must be above 0 records per second; got {rate}"
        raise ValueError(msg)
    if start.tzinfo is None:
        msg = f"`start` needs an offset from UTC; got {start.isoformat()}"
        raise ValueError(msg)
    customers = Customers(stream(seed, "customers"), max(_FEWEST_CUSTOMERS, round(rate * _CUSTOMERS_PER_RATE)))
    site = Site(plan, seed, millis(start), Agenda(), customers)
    _open(site, rate)
    records = site.agenda.records()
    if plan.repeated:
        records = faults.repeat(records, site.stream("repeats"), plan.repeated)
    if plan.damaged:
        records = faults.damage(records, site.stream("damages"), plan.damaged)
    return records


def _scenario(scenario: str | Scenario) -> Scenario:
    if isinstance(scenario, Scenario):
        return scenario
    try:
        return SCENARIOS[scenario]
    except KeyError:
        msg = f"`scenario` must be one of {', '.join(SCENARIOS)}; got {scenario!r}"
        raise ValueError(msg) from None


def _open(site: Site, rate: float) -> None:
    """Enter everything that goes on by itself."""
    agenda, register = site.agenda, Register(site, "churn")
    agenda.act(site.start_ms, register.count)

    contacts = rate * (1 - _ORDERS) / _RECORDS_PER_CONTACT
    desk = Desk(site, "contacts", returns=Desk(site, "returns"))
    agenda.each(site.arrivals("contacts", contacts), desk.contact)

    answers = contacts * sum(share * ANSWERED[channel] for channel, share in centre.CHANNELS.items())
    before = Desk(site, "before", answered=True)
    agenda.each(site.arrivals("before", answers), before.answer, until_ms=site.start_ms + LONGEST_MS)

    agenda.each(site.arrivals("orders", rate * _ORDERS / _RECORDS_PER_ORDER), Shop(site).order)
    agenda.each(site.arrivals("staff", ANSWERS_PER_SECOND), Staff(site).answer)
    agenda.each(site.arrivals("churn", moves_per_second(site.customers.settled)), register.move)
    _open_wave(site)


def _open_wave(site: Site) -> None:
    wave = site.scenario.wave
    if wave is None or wave.factor <= 1:
        return
    more = (wave.factor - 1) * losses_per_second(site.customers.settled, wave.segment)
    begin, end = site.trouble_ms
    site.agenda.each(site.arrivals("wave", more, begin), Register(site, "wave").losing(wave.segment), until_ms=end)
