"""First Contact Resolution."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import proportion
from stream.measures import Contacted, Measure

if TYPE_CHECKING:
    from stream.settings import Settings


@dataclass(frozen=True)
class Fcr(Accumulator):
    """First contacts on an issue that resolved it: no other contact of the customer on it for seven days.

    A contact counts as resolved from the start, and a repeat takes that back: until the days have passed it is
    provisional. Contacts that were transferred from one another are one; those that the centre began are none.

    Source: SQM Group, "First Call Resolution"; first contact, by whatever channel, where that says call.

    >>> Fcr(first=400, resolved=280).fcr()
    Estimate(value=0.7, lower=0.6533..., upper=0.7428...)
    """

    name: ClassVar[str] = "fcr"
    source: ClassVar[str] = "feedback.contacts"
    order: ClassVar[int] = 70
    settles: ClassVar[bool] = True
    fades: ClassVar[Mapping[str, int]] = {"provisional": 7 * 86_400}

    first: int = 0
    resolved: int = 0
    provisional: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Contacted) or not measure.first:
            return None
        return cls(1, int(measure.resolved), int(measure.resolved))

    @classmethod
    def configure(cls, settings: "Settings") -> None:
        cls.fades = {"provisional": settings.fcr_window}

    @classmethod
    def definition(cls) -> Any:
        return cls.fades["provisional"]

    @property
    def n(self) -> int:
        return self.first

    @score("feedback_fcr_ratio", "First Contact Resolution", "résolution au premier contact", unit="ratio")
    def fcr(self) -> Estimate | None:
        """Inbound first contacts that were resolved and not followed by another one/inbound first contacts."""
        return proportion(self.resolved, self.first)

    @score(
        "feedback_fcr_provisional_ratio",
        "First contacts not yet certain",
        "part encore provisoire",
        unit="ratio",
        higher_is_better=False,
        interval=False,
    )
    def fcr_provisional(self) -> Estimate | None:
        """Resolved first contacts that a repeat may still spoil/first contacts."""
        return Estimate(self.provisional / self.first, None, None) if self.first else None
