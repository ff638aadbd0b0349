"""What one partition takes of a worker, and what looking at all of them takes of a view."""

from typing import NamedTuple

from stream.events.survey import SurveyResponse
from stream.kpi import KPIS
from stream.settings import Settings
from stream.sizing.costs import COSTS, Costs
from stream.sizing.counts import Series, layouts
from stream.sizing.load import Load, Margins

#: Prometheus asks so often, as `deploy/prometheus` has it.
SCRAPE_S = 10


class Partition(NamedTuple):
    """What one partition of every topic needs at the peak: the part of a core, changelog records a second, bytes, keys.

    `flush_s` are the seconds between two flushes of the busiest topic; `cells` what a look adds up, of scopes and of
    crosses.
    """

    cores: float
    records: float
    flush_s: float
    state_bytes: int
    keys: float
    cells: tuple[int, int]


def partition(settings: Settings, load: Load, margins: Margins, partitions: int, costs: Costs = COSTS) -> Partition:
    """What one of so many partitions needs at the peak."""
    rates = {topic: rate * margins.peak / partitions for topic, rate in load.rates.items()}
    every = {topic: _flush_s(settings, rate) for topic, rate in rates.items()}
    # A flush writes the position of all tables of its topic, of KPIs without events as well.
    records = flushes = sum(
        min(1 / every[topic], rate) * sum(kpi.source == topic for kpi in KPIS.values()) for topic, rate in rates.items()
    )
    spent = sum(rate * _event_us(topic, costs) for topic, rate in rates.items()) + flushes * costs.flush_us
    keys, state, scopes, crosses = 0.0, 0, 0, 0
    for kpi in load.kpis:
        busy, usual = load.rate(kpi) * margins.peak / partitions, load.rate(kpi) / partitions
        seconds = every[kpi.source]
        found = layouts(settings, load, kpi)
        written = sum(len(layout.panes) * layout.touched(busy * seconds) for layout in found) / seconds
        spent += written * costs.key_us
        records += written
        keys += sum(layout.keys(usual) for layout in found)
        state += sum(layout.state_bytes for layout in found)
        scopes += found[0].cells(settings)
        crosses += sum(layout.cells(settings) for layout in found[1:])
    return Partition(spent / 1e6, records, min(every.values()), state, keys, (scopes, crosses))


def _event_us(topic: str, costs: Costs) -> float:
    return costs.answer_us if topic == SurveyResponse.topic else costs.history_us


def _flush_s(settings: Settings, rate: float) -> float:
    """Seconds between two flushes of a partition with so many events a second."""
    return min(settings.flush_interval, settings.flush_events / rate)


def look(settings: Settings, one: Partition, partitions: int, shown: Series, costs: Costs) -> float:
    """Cores that looking takes in a view: Prometheus, the publication of scores, and the charts that look for drops."""
    often = [1 / every for every in (settings.publish_interval, settings.drop_interval) if every]
    scopes, crosses = (partitions * cells / 1e6 * costs.cells_us for cells in one.cells)
    scraped = scopes + crosses + shown.all * costs.series_us
    published = scopes + shown.scores * costs.series_us
    return (scraped / SCRAPE_S + published * sum(often)) / 1e6


def following(one: Partition, partitions: int, costs: Costs) -> float:
    """Cores that reading the changelogs of all partitions takes in a view."""
    return partitions * one.records * costs.restored_us / 1e6
