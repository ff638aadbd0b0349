"""The job as the documentation of Faust would write it, with what makes it quick, and defaults besides.

A duplicate counts twice, a correction counts beside what it corrects, a crash counts up to 2.8 s of events again, and
bad events are dropped instead of kept. With more than one worker the table's key would also need `group_by`, a second
topic.
"""

from datetime import timedelta
from typing import Any

import faust

from benchmarks.peers import job
from benchmarks.peers.faust_surveys import Survey, Topic, progress
from benchmarks.progress import cell_of

app = faust.App(job.GROUP, broker=f"kafka://{job.BROKER}", store="memory://", datadir=job.DIRECTORY, Topic=Topic)
surveys = app.topic(job.TOPIC, value_type=Survey, partitions=4)
# Faust forgets windows by the clock on the wall; these are hours old.
answers = app.Table("answers", default=int, partitions=4).tumbling(
    timedelta(seconds=job.WINDOW_S), expires=timedelta(days=1)
).relative_to_field(Survey.occurred_at)  # fmt: skip


@app.agent(surveys)  # type: ignore[untyped-decorator]
async def count(responses: Any) -> None:
    """Count promoters, passives and detractors of each channel an hour."""
    async for response in responses:
        progress.read()
        found = job.key_of(response.kpi, response.score, response.channel, response.occurred_at)
        if found:
            answers[found[0]] += 1
            if progress.answered():
                cells = answers.table.items()
                progress.finish({cell_of(int(start), key): count for (key, (start, _)), count in cells})
