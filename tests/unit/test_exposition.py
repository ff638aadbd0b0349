"""Gauges as text: the same as the client library writes, in every format that it can be asked for."""

from math import inf, nan

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from stream.exposition import EOF, Gauges, write
from stream.kpi import KPIS, Around
from stream.score_metrics import ScoreMetrics
from stream.view import Slice, scores_of

CROSS = ["channel", "touchpoint", "segment"]
#: What labels may hold: it comes from whoever sends events.
MEMBERS = ["phone", "", 'the "web"', "back\\slash", "two\nlines", "Zürich – 東京", "a\\nb", "}", 'x",y="z']
ACCEPTED = ["text/plain", "text/plain;version=1.0.0;escaping=allow-utf-8", "application/openmetrics-text;version=1.0.0"]


def everything() -> ScoreMetrics:
    """Every score and field of every KPI, of members with all kinds of names."""
    around = Around("EUR", 3_600, {kpi.name: kpi(*[9] * len(kpi.field_names())) for kpi in KPIS.values()})
    seen = [kpi.seen([9] * len(kpi.field_names()), around) for kpi in KPIS.values()]
    scores = [
        score
        for each in seen
        for member in MEMBERS
        for score in scores_of(each, "1h", ("team", member), 5, "EUR" if each.label else "")
    ]
    slices = [
        Slice(type(each), "24h", (member, "billing", "", *(["EUR"] if each.label else [])), each)
        for each in seen
        for member in MEMBERS
    ]
    return ScoreMetrics(lambda: (scores, slices), CROSS)


@pytest.mark.parametrize("accept", ACCEPTED)
def test_scores_are_written_as_the_client_library_writes_them(accept: str) -> None:
    encode, _ = choose_encoder(accept)
    metrics, registry = everything(), CollectorRegistry()
    registry.register(metrics)
    expected = encode(registry).removesuffix(EOF)
    assert expected.count(b"\n") > 1_000
    assert write(metrics.gauges(), encode) == expected


@pytest.mark.parametrize(
    "number", [0.0, -0.0, 3.0, -31.25, 1e-9, 1_234_567.0, 12_345_678.9, 1e17, -1e17, inf, -inf, nan]
)
def test_numbers_are_written_as_the_client_library_writes_them(number: float) -> None:
    encode, _ = choose_encoder("text/plain")
    gauges = Gauges("score", "A score.", (), [((), number)])
    registry = CollectorRegistry()
    registry.register(_Collected(gauges))
    assert write([gauges], encode) == encode(registry)


class _Collected(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> list[Metric]:
        return [self._gauges.metric()]
