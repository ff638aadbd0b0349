"""Pasts in which every KPI that is watched has got worse lately, each in one part of all customers."""

from collections.abc import Iterator
from itertools import chain
from random import Random

from .traffic import Event, answer, rfc3339

_HOUR, _DAY = 3_600, 86_400
#: A good, a middling and a bad answer, and their chances as usual and where it got worse.
_SCORES = {"nps": (10, 8, 2), "enps": (10, 8, 2), "csat": (5, 4, 1), "ces": (7, 5, 2)}
_USUAL, _WORSE = (0.5, 0.3, 0.2), (0.1, 0.2, 0.7)
_SEGMENTS = ("basic", "premium")


def worse(now: float) -> Iterator[Event]:
    """Answers to every question, which got worse by phone two hours ago, and losses, which rose in one segment."""
    return chain(*(_answers(kpi, now) for kpi in _SCORES), _losses(now))


def _answers(kpi: str, now: float) -> Iterator[Event]:
    chance = Random(kpi)
    spans = ((3_000, now - 10 * _HOUR, now - 2 * _HOUR, _USUAL), (800, now - 2 * _HOUR, now - _HOUR / 2, _WORSE))
    for count, begin, end, phone in spans:
        for number in range(count):
            channel = chance.choice(("phone", "web"))
            [score] = chance.choices(_SCORES[kpi], phone if channel == "phone" else _USUAL)
            at = rfc3339(begin + (end - begin) * number / count)
            place = {"touchpoint": chance.choice("ab"), "segment": chance.choice(_SEGMENTS)}
            yield answer(f"{kpi}-{begin:.0f}-{number}", score, at, kpi, channel=channel, **place)


def _losses(now: float) -> Iterator[Event]:
    """Six an hour of each segment for twelve days, and five times as many of one in the last eight hours."""
    chance, begin = Random("churn"), now - 12 * _DAY
    for segment in _SEGMENTS:
        yield {"type": "customer_count", "customers": 50_000, "occurred_at": rfc3339(begin), "segment": segment}
    for hour in range(12 * 24):
        for segment in _SEGMENTS:
            often = 30 if segment == "basic" and hour >= 12 * 24 - 8 else 6
            for number in range(often):
                yield {
                    "type": "churn", "customer_id": f"{segment}-{hour}-{number}", "change": "lost", "segment": segment,
                    "occurred_at": rfc3339(begin + _HOUR * (hour + chance.random())),
                }  # fmt: skip
