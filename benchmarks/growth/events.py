"""Survey responses as live traffic brings them, about as many members and with whatever ids are asked for."""

import random
from collections.abc import Iterator
from itertools import product

import orjson

from stream.bench import responses
from stream.events.times import isoformat

#: Events a second that one partition gets: a flush holds 6,000 of them.
RATE = 20_000


def answers(count: int, end: float, members: int | None = None, ids: Iterator[str] | None = None) -> Iterator[bytes]:
    """So many answers until a moment, a little out of order, about so many teams and combinations of the cross.

    Left out, members and ids are those of `feedback-stream bench`.
    """
    chance = random.Random(2)
    crosses = combinations(members) if members else None
    for response in responses(count, end - count / RATE, end):
        if response.kpi is None:
            continue
        event = orjson.loads(response.value)
        if crosses:
            event["channel"], event["touchpoint"], event["segment"] = chance.choice(crosses)
            event["team"] = f"team-{chance.randrange(len(crosses)):05}"
        if ids is not None:
            event["response_id"] = next(ids)
        yield orjson.dumps(event)


def corrected(value: bytes, at: float, name: str) -> bytes:
    """An answer as it comes again under its own id later, with another score."""
    event = orjson.loads(value) | {"response_id": name}
    return orjson.dumps(event | {"score": max(1, event["score"] - 1), "updated_at": isoformat(at)})


def combinations(number: int) -> list[tuple[str, str, str]]:
    """So many combinations of channel, touchpoint and segment, of few members each.

    >>> combinations(3)
    [('channel-0', 'touchpoint-0', 'segment-0'), ('channel-0', 'touchpoint-0', 'segment-1'), ('channel-0', ...)]
    >>> len(set(combinations(10_000)))
    10000
    """
    wide = next(width for width in range(1, number + 1) if width**3 >= number)
    places = list(product(range(wide), repeat=3))[:number]
    return [(f"channel-{one}", f"touchpoint-{two}", f"segment-{three}") for one, two, three in places]
