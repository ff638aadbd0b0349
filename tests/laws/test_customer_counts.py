"""Churn is measured against the customers there were at the window's start, whenever the counts came in."""

from typing import NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decode import Headers
from stream.engine import Engine
from stream.events.times import isoformat
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.layout import horizon, schemes
from stream.rolling import roll
from stream.settings import Settings
from stream.table import Table

TOPIC = "feedback.churn"
SETTINGS = Settings(windows="20s/5s, 60s/20s", scopes="segment", cross="", max_ahead=10, grace=10)
START, SPAN = 1_772_357_397, 400


class Line(NamedTuple):
    offset: int
    value: bytes | None
    headers: Headers = ()


class Counted(NamedTuple):
    """A count of a segment's customers; `at` in halves of a second, so that it falls on borders and between them."""

    segment: str
    at: int
    customers: int

    def json(self) -> bytes:
        time = isoformat(START + self.at / 2)
        return orjson.dumps({"customers": self.customers, "segment": self.segment, "occurred_at": time})


counts = st.builds(Counted, st.sampled_from(["pro", "home"]), st.integers(0, 2 * SPAN), st.integers(0, 99))


@pytest.mark.parametrize("kpi", [KPIS["churn"], KPIS["retention"]], ids=["churn", "retention"])
@given(sent=st.lists(counts, max_size=30), data=st.data())
def test_the_base_is_the_last_count_at_the_start_in_whatever_order_counts_come(
    kpi: type, sent: list[Counted], data: st.DataObject
) -> None:
    table = Table(kpi, schemes(SETTINGS))
    engine = Engine(TOPIC, [table], MemoryIndex(), SETTINGS, late_after=horizon(SETTINGS))
    while engine.position < len(sent):
        last = data.draw(st.integers(engine.position + 1, len(sent)))
        batch = [Line(number, sent[number].json()) for number in range(engine.position, last)]
        engine.process(batch, START + SPAN)
        engine.settle()

    at = START + SPAN + data.draw(st.integers(0, 30))
    for window in SETTINGS.windows:
        start, _ = window.bounds(at)
        expected = {
            member: base
            for member, segments in (
                (("all", "all"), ("pro", "home")),
                (("segment", "pro"), ("pro",)),
                (("segment", "home"), ("home",)),
            )
            if (base := sum(customers(sent, segment, start) for segment in segments))
        }
        assert {member: fields[0] for member, fields in roll([table.grids[0]], window, at).items()} == expected


def customers(sent: list[Counted], segment: str, moment: int) -> int:
    """What the last count of a segment said at a moment, or the first one if that came later.

    Of two counts for one time the first to come holds.
    """
    counted = [count for count in sent if count.segment == segment]
    known = [count for count in counted if START + count.at / 2 <= moment]
    if known:
        return max(known, key=lambda count: count.at).customers
    return min(counted, key=lambda count: count.at).customers if counted else 0
