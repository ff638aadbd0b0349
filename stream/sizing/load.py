"""The load that is to be sized: what comes in how often, and about how many members."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stream.errors import SettingsError
from stream.events import SOURCES
from stream.events.survey import SurveyResponse
from stream.kpi import KPIS, Accumulator
from stream.settings import Settings

_PREFIX = "feedback."


class Load(NamedTuple):
    """Events a second by topic, on the average of a day, and what they are about.

    `kpis` are those that have events. `members` are those of all scopes together, as evenly spread over them as the
    changelog finds worst; `crosses` the combinations of the crossed dimensions that occur; `labels` the currencies, or
    themes, of each member. An event has `event_bytes` on average.
    """

    rates: Mapping[str, float]
    kpis: tuple[type[Accumulator], ...]
    members: int
    crosses: int
    labels: int = 1
    event_bytes: int = 350

    def rate(self, kpi: type[Accumulator]) -> float:
        """Events a second that a KPI counts: an answer is to one question, any other event counts in all its KPIs."""
        alike = sum(each.source == kpi.source for each in self.kpis)
        return self.rates[kpi.source] / (alike if kpi.source == SurveyResponse.topic else 1)

    def labels_of(self, kpi: type[Accumulator]) -> int:
        """How many rows a KPI has for each member."""
        return self.labels if kpi.label else 1


class Margins(NamedTuple):
    """What is kept in hand.

    The busiest minute has `peak` times the average rate. At that time a part of each core, `headroom`, is free: for
    catching up after a restart, and for what a slower machine takes longer. There are partitions enough for `growth`
    times the rate, because more cannot be added later.
    """

    peak: float = 3.0
    headroom: float = 0.5
    growth: int = 2

    @property
    def budget(self) -> float:
        """The part of a core that work may take."""
        return 1 - self.headroom


def load_of(
    rates: Sequence[str], kpis: Sequence[str], members: int, crosses: int, settings: Settings, **more: int
) -> Load:
    """A load from rates as they are written: `20000` for answers, `contacts:300` for another topic.

    Raises:
        SettingsError: if one cannot be read, a KPI has no events, or members would count as `other`.

    >>> load = load_of(["900", "orders:10"], [], 60, 100, Settings())
    >>> dict(load.rates), [kpi.name for kpi in load.kpis]
    ({'feedback.surveys': 900.0, 'feedback.orders': 10.0}, ['nps', 'csat', 'ces', 'enps', 'clv', 'upsell'])
    """
    read = dict(map(_rate, rates))
    for name in kpis:
        if name not in KPIS or KPIS[name].source not in read:
            fed = ", ".join(each for each, kpi in KPIS.items() if kpi.source in read)
            msg = f"kpi must be one that the rates feed ({fed}); got {name!r}"
            raise SettingsError(msg)
    chosen = tuple(kpi for name, kpi in KPIS.items() if kpi.source in read and (not kpis or name in kpis))
    silent = sorted(set(read) - {kpi.source for kpi in chosen})
    if silent:
        msg = (
            f"no kpi is left for the events of {', '.join(silent)}: name one of its own as well, or leave out its rate"
        )
        raise SettingsError(msg)
    _check("members", members, "max_members", settings.max_members * len(settings.scopes))
    _check("crosses", crosses, "max_crosses", settings.max_crosses if settings.cross else 0)
    return Load(read, chosen, members, crosses, **more)


def _rate(text: str) -> tuple[str, float]:
    topic, colon, number = text.rpartition(":")
    name = (_PREFIX + topic.removeprefix(_PREFIX)) if colon else SurveyResponse.topic
    try:
        rate = float(number)
    except ValueError:
        rate = -1
    if name not in SOURCES or not 0 < rate < float("inf"):
        topics = ", ".join(source.removeprefix(_PREFIX) for source in SOURCES)
        msg = (
            "a rate is events a second above 0, such as `20000` for surveys or `contacts:300`; "
            f"topics are {topics}; got {text!r}"
        )
        raise SettingsError(msg)
    return name, rate


def _check(name: str, value: int, setting: str, most: int) -> None:
    if value > most:
        msg = f"{name} can be {most:,} at most (setting {setting}), the rest would count as `other`; got {value:,}"
        raise SettingsError(msg)
