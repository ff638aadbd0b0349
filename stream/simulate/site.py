"""What all parts of one simulation share."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2s

from stream.simulate.agenda import Agenda, Sender
from stream.simulate.centre import Customers
from stream.simulate.chance import Draw, stream
from stream.simulate.rhythm import Arrivals
from stream.simulate.scenarios import Incident, Scenario

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Site:
    """One simulation: its scenario, seed and start, its customers, and the agenda that everything is entered in."""

    scenario: Scenario
    seed: int
    start_ms: int
    agenda: Agenda
    customers: Customers

    def stream(self, name: str) -> Draw:
        """The stream of chance of that name."""
        return stream(self.seed, name)

    def sender(self, name: str) -> Sender:
        """A sender whose delays depend on no other's."""
        return Sender(self.agenda, self.stream(f"{name}/lags"))

    def arrivals(self, name: str, per_second: float, start_ms: int | None = None) -> Arrivals:
        """Arrivals in the rhythm of the day, from the start of the simulation on."""
        begin = self.start_ms if start_ms is None else start_ms
        return Arrivals(self.stream(f"{name}/arrivals"), per_second, begin, rhythm=self.scenario.rhythm)

    def prefix(self, name: str) -> str:
        """A beginning for ids, so that simulations of another seed or start into the same topics have others."""
        return blake2s(f"{self.seed}/{self.start_ms}/{name}".encode(), digest_size=4).hexdigest()

    @property
    def trouble_ms(self) -> tuple[int, int]:
        """When what the scenario has in store begins and ends."""
        begin = self.start_ms + self.scenario.onset // _MS
        return begin, begin + self.scenario.lasts // _MS

    def incident(self, channel: str, touchpoint: str, at_ms: int) -> Incident | None:
        """The incident that this channel and touchpoint suffer from at that time."""
        incident = self.scenario.incident
        if incident is None or incident.channel != channel or incident.touchpoint != touchpoint:
            return None
        begin, end = self.trouble_ms
        return incident if begin <= at_ms < end else None
