"""The service itself, `--role agents`: everything but the view. It reports its end once all is acknowledged."""

import asyncio
import os
import sys
from typing import Any

import uvloop

from benchmarks.peers.job import GRACE_S, SAVE_S, WINDOW_S
from benchmarks.progress import cell_of, report
from stream import logs
from stream.bench import TOPIC
from stream.kpi import KPIS
from stream.panes import ALL
from stream.settings import Settings
from stream.view import View
from stream.windows import Window
from stream.worker import Worker

#: Events are of the last hours, no more than this.
_HOURS = 24
#: The settings that ask for no more than the common job, or little more.
_COMMON = {
    "kpis": "nps", "windows": "1h/1h", "scopes": "channel", "cross": "", "grace": GRACE_S, "flush_interval": SAVE_S,
}  # fmt: skip


async def main(settings: Settings, target: int) -> None:
    """Count until so many records are handled."""
    worker = Worker(settings, "agents")
    await worker.start()
    while (done := sum(_outcomes(worker).values())) < target:
        report(done)
        await asyncio.sleep(0.1)
    await worker.partitions.flush()
    found = _outcomes(worker)
    view, now = View(settings, worker.state), worker.clock.now()
    report(done, done=True, found=found | _whole(view, settings, now), counts=_common(view, now))
    await worker.stop()


def _outcomes(worker: Worker) -> dict[str, int]:
    """`feedback_events_total`, as `/metrics` shows it; all of `/metrics` would be work of its own."""
    (events,) = worker.metrics.events.collect()
    totals = [sample for sample in events.samples if sample.name == "feedback_events_total"]
    return {total.labels["outcome"]: int(total.value) for total in totals if total.labels["topic"] == TOPIC}


def _whole(view: View, settings: Settings, now: float) -> dict[str, Any]:
    """Sample sizes, and the fields of NPS, in the longest window."""
    longest = max(settings.windows, key=lambda window: window.size)
    rolled = {name: view.roll(kpi, longest, now).rolled().get(ALL) for name, kpi in KPIS.items()}
    found = {name: KPIS[name](*fields) for name, fields in rolled.items() if fields}
    nps = vars(found["nps"]) if "nps" in found else {}  # a window of an hour is empty when the hour has just begun
    return {name: accumulator.n for name, accumulator in found.items()} | nps


def _common(view: View, now: float) -> dict[str, int]:
    """What the common job asks for, from the panes of an hour."""
    hour = Window("1h", WINDOW_S, WINDOW_S)
    counts: dict[str, int] = {}
    for back in range(_HOURS):
        start, _ = hour.bounds(now - back * WINDOW_S)
        for (scope, member), fields in view.roll(KPIS["nps"], hour, start + WINDOW_S).rolled().items():
            if scope == "channel":
                groups = vars(KPIS["nps"](*fields))
                counts |= {cell_of(start, f"{member}:{group}"): int(count) for group, count in groups.items() if count}
    return counts


if __name__ == "__main__":
    logs.configure("warning")
    chosen = {"whole": {}, "common": _COMMON}[sys.argv[1]]
    uvloop.run(main(Settings.load(**chosen), int(os.environ["BENCH_EVENTS"])))
