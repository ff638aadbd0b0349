"""What goes wrong on the way: records that are delivered twice, and records that cannot be read."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

import orjson

from stream.simulate.agenda import Simulated
from stream.simulate.chance import Draw, pick
from stream.simulate.events import SURVEYS, Event

#: Records come again within so many seconds.
_AGAIN_S = 30


def repeat(records: Iterator[Simulated], draw: Draw, share: float) -> Iterator[Simulated]:
    """The records in order, that share of them a second time a little later, byte for byte."""
    waiting: list[tuple[datetime, int, Simulated]] = []
    numbers = count()
    for record in records:
        while waiting and waiting[0][0] <= record.at:
            yield heappop(waiting)[2]
        yield record
        if draw() < share:
            again = record._replace(at=record.at + timedelta(milliseconds=int(draw() * _AGAIN_S * 1000)))
            heappush(waiting, (again.at, next(numbers), again))


#: Makes the bytes of a readable event unreadable.
Damage = Callable[[Event], bytes | None]


def _with(**fields: object) -> Damage:
    return lambda event: orjson.dumps(event | fields)


def _without(*names: str) -> Damage:
    return lambda event: orjson.dumps({name: value for name, value in event.items() if name not in names})


def _without_zone(event: Event) -> bytes:
    return orjson.dumps(event | {"occurred_at": event["occurred_at"].removesuffix("Z")})


def _far_ahead(event: Event) -> bytes:
    year = int(event["occurred_at"][:4])
    return orjson.dumps(event | {"occurred_at": f"{year + 10}-06-15T12:00:00Z"})


def _truncated(event: Event) -> bytes:
    whole = orjson.dumps(event)
    return whole[: len(whole) * 2 // 3]


def _not_utf8(event: Event) -> bytes:
    return orjson.dumps(event | {"channel": "caf@"}).replace(b"caf@", b"caf\xe9")


#: Kinds of damage that any event can suffer. Each leaves something that the contract forbids, so that none of them can
#: change a score: `bad-input` has the scores of `steady`.
DAMAGES: dict[str, Damage] = {
    "invalid_json": lambda event: orjson.dumps(event).replace(b'":', b'"=', 1),
    "truncated": _truncated,
    "not_utf8": _not_utf8,
    "not_an_object": lambda event: orjson.dumps([event]),
    "null_value": lambda _: None,
    "empty": lambda _: b"",
    "unknown_type": _with(type="sondage"),
    "wrong_type": _with(channel=["phone"]),
    "missing_field": _without("occurred_at"),
    "missing_id": _without("response_id", "invitation_id", "case_id", "contact_id", "order_id", "change", "customers"),
    "long_dimension": _with(segment="s" * 65),
    "time_without_zone": _without_zone,
    "time_is_a_number": _with(occurred_at=1_770_000_000),
    "time_is_no_date": _with(occurred_at="2026-02-30T09:30:00Z"),
    "time_far_ahead": _far_ahead,
}
#: Kinds that only an answer can suffer.
ANSWER_DAMAGES: dict[str, Damage] = {
    "score_too_high": _with(score=11),
    "score_too_low": _with(score=-1),
    "score_fractional": _with(score=6.5),
    "score_text": _with(score="9"),
    "score_missing": _with(score=None, status="answered"),
    "score_boolean": _with(score=True),
    "unknown_kpi": _with(kpi="happiness"),
}
#: A megabyte where a word belongs; a few in a thousand damaged records, since brokers refuse more.
_OVERSIZE = _with(channel="x" * 990_000)
_OVERSIZE_SHARE = 0.002


def damage(records: Iterator[Simulated], draw: Draw, share: float) -> Iterator[Simulated]:
    """The records in order, and unreadable ones among them that make up that share of all."""
    for_answers = tuple((DAMAGES | ANSWER_DAMAGES).values())
    for_others = tuple(DAMAGES.values())
    among = share / (1 - share)
    for record in records:
        yield record
        if record.value is not None and draw() < among:
            kinds = for_answers if record.topic == SURVEYS else for_others
            kind = _OVERSIZE if draw() < _OVERSIZE_SHARE else pick(draw, kinds)
            yield record._replace(value=kind(orjson.loads(record.value)))
