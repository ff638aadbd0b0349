"""What a customer's contacts count as: first ones, repeats, answers in time, changes of channel."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from stream.histories.base import History, Part, Thing
from stream.kpi.durations import bucket
from stream.measures import Contacted
from stream.settings import Settings

#: A customer who used two channels within so many seconds is one on several channels.
CHANNELS_WITHIN_S = 30 * 86_400


class ContactFacts(NamedTuple):
    """Of one contact: `chain` is the contact that it was transferred from at first, `wait` is in microseconds."""

    name: str
    issue: str
    inbound: bool
    resolved: bool
    chain: str
    wait: int | None


_Contact = Thing[ContactFacts, Contacted]


def contact_history(settings: Settings, until: int | None = None) -> History[ContactFacts, Contacted]:
    """All contacts of one customer."""

    def tell(contacts: Sequence[_Contact]) -> list[list[Part[Contacted]]]:
        firsts = _firsts(contacts, settings.fcr_window * 1_000_000)
        told = []
        for number, contact in enumerate(contacts):
            lately = [
                before for before in contacts[:number] if before.time > contact.time - CHANNELS_WITHIN_S * 1_000_000
            ]
            channel, wait = contact.dimensions[0], contact.facts.wait
            measure = Contacted(
                first=number in firsts,
                resolved=firsts.get(number, False),
                wait=None if wait is None else bucket(wait),
                in_time=wait is not None and wait <= settings.response_target(channel) * 1_000_000,
                switched=bool(lately) and lately[-1].dimensions[0] != channel,
                latest=number == len(contacts) - 1,
                several=any(before.dimensions[0] != channel for before in lately),
            )
            told.append([(contact.time, contact.dimensions, measure)])
        return told

    return History(ContactFacts, Contacted, tell, max(settings.fcr_window, CHANNELS_WITHIN_S), until)


def _firsts(contacts: Sequence[_Contact], window: int) -> dict[int, bool]:
    """The places of first contacts on an issue, each with whether that was enough.

    Contacts that were transferred from one another are one: it began with the first and ended as the last did.
    """
    chains: dict[tuple[str, str], list[int]] = {}
    for number, contact in enumerate(contacts):
        if contact.facts.inbound:
            chains.setdefault((contact.facts.issue, contact.facts.chain), []).append(number)
    by_issue: dict[str, list[list[int]]] = {}
    for (issue, _), chain in chains.items():
        by_issue.setdefault(issue, []).append(chain)
    firsts: dict[int, bool] = {}
    for issue_chains in by_issue.values():
        times = [contacts[chain[0]].time for chain in issue_chains]
        near = [later - earlier <= window for earlier, later in pairwise(times)]
        for place, chain in enumerate(issue_chains):
            if place == 0 or not near[place - 1]:
                repeated = place < len(near) and near[place]
                firsts[chain[0]] = contacts[chain[-1]].facts.resolved and not repeated
    return firsts
