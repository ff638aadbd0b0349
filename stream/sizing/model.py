"""The model: how many partitions, workers and views a load makes, and what these take of memory, disk and network."""

from itertools import count
from math import ceil
from typing import NamedTuple

from stream.errors import SettingsError
from stream.settings import Settings
from stream.sizing.costs import COSTS, Costs
from stream.sizing.counts import Series, series, service_series
from stream.sizing.load import Load, Margins
from stream.sizing.notes import notes
from stream.sizing.partition import following, look, partition

#: Views where the workers do not show the scores themselves: one may be down.
VIEWS = 2
#: As many as the setting's default at least; more than these no cluster likes.
_FEWEST, _MOST = 4, 4_096


class Size(NamedTuple):
    """What a load needs; cores and traffic at the peak, in all processes together unless it is said otherwise.

    Without views each worker shows the scores itself. Disks are of one copy; Kafka has as many as it has replicas.
    """

    partitions: int
    workers: int
    views: int
    events_per_second: float
    flush_s: float
    agents_cores: float
    worker_cores: float
    view_cores: float
    worker_bytes: float
    view_bytes: float
    state_keys: int
    recovery_s: float
    index_entries: int
    index_bytes: float
    worker_disk_bytes: float
    changelog_records_per_second: float
    changelog_bytes_per_second: float
    changelog_bytes: float
    source_bytes_per_second: float
    source_bytes: float
    series: Series
    series_in_prometheus: int
    notes: tuple[str, ...]


def size(settings: Settings, load: Load, margins: Margins, partitions: int | None = None, costs: Costs = COSTS) -> Size:
    """What a load needs, with so many partitions, or as many as it takes.

    Raises:
        SettingsError: if there are too few partitions for the load, or no number of them would do.
    """
    number = partitions or _partitions(settings, load, margins, costs)
    one = partition(settings, load, margins, number, costs)
    if one.cores > margins.budget:
        enough = _partitions(settings, load, margins._replace(growth=1), costs)
        msg = (
            f"partitions are too few; got {number}: each would take {one.cores:.2f} of a core at the peak, and with a "
            f"headroom of {margins.headroom:g} it may take {margins.budget:g}; {enough} are enough for now"
        )
        raise SettingsError(msg)
    shown = series(settings, load)
    looking = look(settings, one, number, shown, costs)
    alone = number * one.cores + looking <= margins.budget
    view = looking + (0.0 if alone else following(one, number, costs))
    share = number if alone else max(1, int(margins.budget / one.cores))
    workers = ceil(number / share)
    held = ceil(number / workers)
    views = 0 if alone else VIEWS
    mean = load.rates.values()
    entries = sum(mean) * settings.edit_horizon
    index = entries * costs.entry_bytes
    state = number * one.state_bytes
    viewing = state + shown.all * costs.series_bytes
    agents = held * (one.state_bytes + len(load.rates) * costs.index_bytes)
    live = number * one.keys * costs.record_bytes
    own = service_series(settings) + 2 * len(load.rates) * held
    traffic = number * one.records * costs.record_bytes
    events = sum(mean) * margins.peak
    return Size(
        partitions=number,
        workers=workers,
        views=views,
        events_per_second=events,
        flush_s=one.flush_s,
        agents_cores=number * one.cores,
        worker_cores=held * one.cores + (looking if alone else 0.0),
        view_cores=view,
        worker_bytes=costs.process_bytes + agents + (viewing - state if alone else 0.0),
        view_bytes=costs.process_bytes + viewing,
        state_keys=round(number * one.keys),
        recovery_s=held * one.keys * costs.restored_us / 1e6,
        index_entries=round(entries),
        index_bytes=index,
        worker_disk_bytes=index * costs.disk_spare * held / number,
        changelog_records_per_second=number * one.records,
        changelog_bytes_per_second=traffic,
        changelog_bytes=live + traffic * costs.uncompacted_s,
        source_bytes_per_second=events * load.event_bytes,
        source_bytes=sum(mean) * load.event_bytes * settings.edit_horizon,
        series=shown,
        series_in_prometheus=shown.all * (views or workers) + own * (views + workers),
        notes=tuple(notes(settings, load, margins, number, view, entries, costs)),
    )


def _partitions(settings: Settings, load: Load, margins: Margins, costs: Costs) -> int:
    """The smallest power of two with which a partition leaves room for growth: it is spread evenly over 2, 4, 8 …"""
    for number in (_FEWEST << step for step in count()):
        if number > _MOST:
            break
        if margins.growth * partition(settings, load, margins, number, costs).cores <= margins.budget:
            return number
    msg = f"not even {_MOST:,} partitions are enough for {sum(load.rates.values()):,.0f} events a second"
    raise SettingsError(msg)
