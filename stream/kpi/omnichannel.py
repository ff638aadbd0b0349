"""Omnichannel."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import proportion
from stream.measures import Contacted, Measure


@dataclass(frozen=True)
class Omnichannel(Accumulator):
    """Customers who used two channels or more within thirty days; each counts at the latest contact.

    A contact whose channel is unknown tells nothing of channels.

    Source: Verhoef, Kannan, Inman, "From Multi-Channel Retailing to Omni-Channel Retailing", Journal of Retailing
    91(2), 2015.

    >>> total = Omnichannel(customers=10, several=3, contacts=18, switches=6)
    >>> total.omnichannel().value, total.omnichannel_switches().value
    (0.3, 0.333...)
    """

    name: ClassVar[str] = "omnichannel"
    source: ClassVar[str] = "feedback.contacts"
    order: ClassVar[int] = 130

    customers: int = 0
    several: int = 0
    contacts: int = 0
    switches: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Contacted):
            return None
        latest = measure.latest
        return cls(int(latest), int(latest and measure.several), 1, int(measure.switched))

    @property
    def n(self) -> int:
        return self.customers

    def sample(self, score: str) -> int:
        return self.contacts if score == "omnichannel_switches" else self.n

    @score("feedback_omnichannel_ratio", "Customers on several channels", "clients omnicanaux", unit="ratio")
    def omnichannel(self) -> Estimate | None:
        """Customers with contacts on two channels or more within thirty days/customers with contacts."""
        return proportion(self.several, self.customers)

    @score(
        "feedback_omnichannel_switches_ratio",
        "Changes of channel per contact",
        "changements de canal par contact",
        unit="ratio",
        higher_is_better=False,
    )
    def omnichannel_switches(self) -> Estimate | None:
        """Contacts by another channel than the customer's one before, within thirty days/contacts."""
        return proportion(self.switches, self.contacts)
