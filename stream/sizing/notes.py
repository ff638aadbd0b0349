"""What is to be minded of a size, in sentences."""

from collections.abc import Iterator
from math import ceil

from stream.settings import Settings
from stream.sizing.costs import Costs
from stream.sizing.counts import series
from stream.sizing.load import Load, Margins
from stream.sizing.partition import following, look, partition

#: The largest index that was measured, of one partition.
MEASURED_ENTRIES = 50_000_000
#: Flush intervals that are tried for a view that cannot keep up.
_SLOWER_S = (0.5, 1, 2, 5, 10, 20, 30, 60)


def notes(
    settings: Settings, load: Load, margins: Margins, partitions: int, view_cores: float, entries: float, costs: Costs
) -> Iterator[str]:
    """A view that cannot keep up, and indexes larger than any that was measured."""
    if view_cores > 1:
        advice = "keep fewer crosses, members or windows"
        for seconds in _SLOWER_S:
            slower = _flushing(settings, load, margins, partitions, seconds)
            one = partition(slower, load, margins, partitions, costs)
            cores = look(slower, one, partitions, series(slower, load), costs) + following(one, partitions, costs)
            if cores <= margins.budget:
                given = f"FEEDBACK_FLUSH_INTERVAL={seconds:g} and FEEDBACK_FLUSH_EVENTS={slower.flush_events}"
                advice = f"with {given} it would take {cores:.2f}"
                break
        yield f"a view would take {view_cores:.1f} cores, and can have one: {advice}"
    if entries / partitions > MEASURED_ENTRIES:
        yield (
            f"an index would hold {entries / partitions / 1e6:,.0f} million answers of a partition; what one costs was "
            f"measured up to {MEASURED_ENTRIES / 1e6:,.0f} million: shorten edit_horizon, or measure on your disks"
        )


def _flushing(settings: Settings, load: Load, margins: Margins, partitions: int, seconds: float) -> Settings:
    """Settings with which nothing but time makes a partition flush."""
    events = ceil(max(load.rates.values()) * margins.peak / partitions * seconds)
    return settings.model_copy(update={"flush_interval": seconds, "flush_events": max(settings.flush_events, events)})
