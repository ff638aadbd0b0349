"""What a customer's contacts count as: first ones, repeats, answers in time, changes of channel."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, Self

from stream.histories.base import History, Part, Thing
from stream.kpi.durations import bucket
from stream.measures import Contacted
from stream.settings import Settings

#: A customer who used two channels within so many seconds is one on several channels.
CHANNELS_WITHIN_S = 30 * 86_400
#: The channel of a contact that names none: it tells nothing of channels.
_UNKNOWN = "unknown"


class ContactFacts(NamedTuple):
    """Of one contact: `chain` is the contact that it was transferred from at first, `wait` is in microseconds."""

    name: str
    issue: str
    inbound: bool
    resolved: bool
    chain: str
    wait: int | None

    def hidden(self, pseudonym: Callable[[str], str]) -> Self:
        return self._replace(name=pseudonym(self.name), chain=pseudonym(self.chain))


_Contact = Thing[ContactFacts, Contacted]


def contact_history(settings: Settings, until: int | None = None) -> History[ContactFacts, Contacted]:
    """All contacts of one customer."""

    def tell(contacts: Sequence[_Contact]) -> list[list[Part[Contacted]]]:
        firsts = _firsts(contacts, settings.fcr_window * 1_000_000)
        told = []
        for number, contact in enumerate(contacts):
            channel, wait = contact.dimensions[0], contact.facts.wait
            channels = _channels_lately(contacts[:number], contact)
            measure = Contacted(
                first=number in firsts,
                resolved=firsts.get(number, False),
                wait=None if wait is None else bucket(wait),
                in_time=wait is not None and wait <= settings.response_target(channel) * 1_000_000,
                switched=bool(channels) and channels[-1] != channel,
                latest=number == len(contacts) - 1,
                several=any(before != channel for before in channels),
            )
            told.append([(contact.time, contact.dimensions, measure)])
        return told

    return History(ContactFacts, Contacted, tell, max(settings.fcr_window, CHANNELS_WITHIN_S), until)


def _channels_lately(before: Sequence[_Contact], contact: _Contact) -> list[str]:
    """The channels that the customer used before a contact, as far as they can be compared with its own."""
    if contact.dimensions[0] == _UNKNOWN:
        return []
    since = contact.time - CHANNELS_WITHIN_S * 1_000_000
    return [each.dimensions[0] for each in before if each.time >= since and each.dimensions[0] != _UNKNOWN]


def _firsts(contacts: Sequence[_Contact], window: int) -> dict[int, bool]:
    """The places of first contacts on an issue, each with whether that was enough.

    Contacts that were transferred from one another are one: it began with the first, whose issue it is on, and ended
    as the last did.
    """
    chains: dict[str, list[int]] = {}
    for number, contact in enumerate(contacts):
        if contact.facts.inbound:
            chains.setdefault(contact.facts.chain, []).append(number)
    by_issue: dict[str, list[list[int]]] = {}
    for chain in chains.values():
        by_issue.setdefault(contacts[chain[0]].facts.issue, []).append(chain)
    firsts: dict[int, bool] = {}
    for issue_chains in by_issue.values():
        near = [
            contacts[later[0]].time - contacts[earlier[-1]].time <= window for earlier, later in pairwise(issue_chains)
        ]
        for place, chain in enumerate(issue_chains):
            if place == 0 or not near[place - 1]:
                repeated = place < len(near) and near[place]
                firsts[chain[0]] = contacts[chain[-1]].facts.resolved and not repeated
    return firsts
