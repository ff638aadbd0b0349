"""An engine's judgement of events, one by one, and the sum of what they add and take back."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from stream.decode import decode
from stream.histories import histories
from stream.identity import Contribution, Identities
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.settings import Settings
from tests.integration.settled import SECOND

SETTINGS = Settings()

#: By time, members, KPI, label and field.
Total = Counter[tuple[int, tuple[str, ...], str, str, str]]


class Counted:
    """What is counted so far; it can be restarted."""

    def __init__(self, horizon: int | None = None, until: int | None = None, settings: Settings = SETTINGS) -> None:
        self.outcomes: Counter[str] = Counter()
        self.total: Total = Counter()
        self._index = MemoryIndex()
        self._settings = horizon, until, settings
        self._offset = 0
        self._stream_time = 0
        self._begin()

    def _begin(self) -> None:
        horizon, until, settings = self._settings
        self._identities = Identities(self._index, horizon, histories=histories(settings, until))

    def restart(self) -> None:
        """Save, and go on from what is saved."""
        self._identities.begin_save()
        self._identities.save(self._offset)
        self._begin()

    def take(self, event: Mapping[str, Any]) -> str:
        """One event; what becomes of it."""
        observation = decode(orjson.dumps(event), (), None, 10_000)
        key = self._identities.key_of(observation)
        (entry,) = self._index.get([key])
        outcome, contributions = self._identities.judge(observation, (key, entry), self._stream_time)
        self._offset += 1
        self._stream_time = max(self._stream_time, observation.at // SECOND)
        self.outcomes[outcome] += 1
        for contribution in contributions:
            self._add(contribution)
        return outcome

    def _add(self, contribution: Contribution) -> None:
        members, label = contribution.dimensions[:5], contribution.dimensions[5:]
        for name, kpi in KPIS.items():
            counted: Any = kpi.of(contribution.measure)
            for field in kpi.field_names() if counted is not None else ():
                place = contribution.time, members, name, label[0] if kpi.label else "", field
                self.total[place] += contribution.sign * getattr(counted, field)

    @property
    def result(self) -> Total:
        """What does not come to nothing."""
        return Counter({place: number for place, number in self.total.items() if number})

    def of(self, kpi: str, label: str = "") -> dict[str, int]:
        """The fields of a KPI that are not zero, over all times and members."""
        total: Counter[str] = Counter()
        for (_, _, name, own, field), number in self.total.items():
            if (name, own) == (kpi, label):
                total[field] += number
        return {field: number for field, number in total.items() if number}


def counted(
    events: Iterable[Mapping[str, Any]], restarts: Sequence[int] = (), settings: Settings = SETTINGS
) -> Counted:
    """All events, with restarts before those of these numbers."""
    found = Counted(settings=settings)
    for number, event in enumerate(events):
        if number in restarts:
            found.restart()
        found.take(event)
    return found
