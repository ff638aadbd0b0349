"""The service itself, `--role agents`: everything but the view. It reports its end once all is acknowledged."""

import asyncio
import sys
from typing import Any

import uvloop

from benchmarks.progress import report
from stream import logs
from stream.bench import TOPIC
from stream.kpi import KPIS
from stream.panes import ALL
from stream.settings import Settings
from stream.view import View
from stream.worker import Worker


async def main(target: int) -> None:
    """Count until so many records are handled."""
    settings = Settings.load()
    worker = Worker(settings, "agents")
    await worker.start()
    while (done := sum(_outcomes(worker).values())) < target:
        report(done)
        await asyncio.sleep(0.1)
    await worker.partitions.flush()
    report(done, outcomes=_outcomes(worker), counted=_counted(worker, settings))
    await worker.stop()


def _outcomes(worker: Worker) -> dict[str, int]:
    """`feedback_events_total`, as `/metrics` shows it; all of `/metrics` would be work of its own."""
    (events,) = worker.metrics.events.collect()
    totals = [sample for sample in events.samples if sample.name == "feedback_events_total"]
    return {total.labels["outcome"]: int(total.value) for total in totals if total.labels["topic"] == TOPIC}


def _counted(worker: Worker, settings: Settings) -> dict[str, Any]:
    """Sample sizes, and the fields of NPS, in the longest window."""
    view = View(settings, worker.state)
    longest = max(settings.windows, key=lambda window: window.size)
    rolled = {name: view.roll(kpi, longest, worker.clock.now()).get(ALL) for name, kpi in KPIS.items()}
    found = {name: KPIS[name](*fields) for name, fields in rolled.items() if fields}
    return {name: accumulator.n for name, accumulator in found.items()} | vars(found["nps"])


if __name__ == "__main__":
    logs.configure("warning")
    uvloop.run(main(int(sys.argv[1])))
