"""The whole job in Faust, as far as its tables go: every KPI by every scope in every window, each answer once.

Still less than the whole: corrections and deletions change nothing, bad events are dropped instead of kept, a crash
counts events again, and windows tumble, so that a score starts anew with each.
"""

from datetime import timedelta
from typing import Any

import faust

from benchmarks.peers import job
from benchmarks.peers.faust_surveys import Survey, Topic, progress
from benchmarks.progress import cell_of

_HOURS = {"5m": 1 / 12, "1h": 1, "24h": 24, "7d": 168, "30d": 720}
_SCALES = {"nps": (0, 10), "enps": (0, 10), "csat": (1, 5), "ces": (1, 7)}

app = faust.App(job.GROUP, broker=f"kafka://{job.BROKER}", store="memory://", datadir=job.DIRECTORY, Topic=Topic)
surveys = app.topic(job.TOPIC, value_type=Survey, partitions=4)
seen = app.Table("seen", partitions=4)
# Faust forgets windows by the clock on the wall; events are hours old.
windows = {
    name: app.Table(f"answers-{name}", default=int, partitions=4).tumbling(
        timedelta(hours=hours), expires=timedelta(hours=hours, days=1)
    ).relative_to_field(Survey.occurred_at)
    for name, hours in _HOURS.items()
}  # fmt: skip


def members(response: Survey) -> list[str]:
    """The scopes in which a response counts: overall, five dimensions, and the cross of three."""
    dimensions = ("channel", "touchpoint", "segment", "team", "survey_id")
    crossed = f"cross={response.channel}|{response.touchpoint}|{response.segment}"
    return ["all", *(f"{dimension}={getattr(response, dimension)}" for dimension in dimensions), crossed]


@app.agent(surveys)  # type: ignore[untyped-decorator]
async def count(responses: Any) -> None:
    """Count how often each score was given."""
    async for response in responses:
        progress.read()
        identity = f"{response.response_id}:{response.kpi}"
        lowest, highest = _SCALES.get(response.kpi, (1, 0))
        if identity in seen or not lowest <= response.score <= highest:
            continue
        seen[identity] = True
        for member in members(response):
            for table in windows.values():
                table[f"{response.kpi}:{response.score}:{member}"] += 1
        if response.kpi == "nps" and progress.answered():
            progress.finish(_common())


def _common() -> dict[str, int]:
    """What the common job asks for."""
    counts: dict[str, int] = {}
    for (key, (start, _)), count in windows["1h"].table.items():
        kpi, score, member = key.split(":", 2)
        scope, _, name = member.partition("=")
        if kpi == "nps" and scope == "channel":
            cell = cell_of(int(start), f"{name}:{job.group_of(int(score))}")
            counts[cell] = counts.get(cell, 0) + count
    return counts
