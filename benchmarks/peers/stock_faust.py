"""The job as Faust's documentation would write it, with what it needs to run and defaults besides.

It does less than the service: one KPI, one dimension, one pane width. A duplicate counts twice, a correction counts
beside what it corrects, a crash counts up to 2.8 s of events again, and bad events are dropped instead of kept. With
more than one worker the table's key would also need `group_by`, a second topic.
"""

import os
from datetime import datetime, timedelta
from typing import Any

import faust

from benchmarks.progress import report

#: Events between two reports.
_EVERY = 500

handled = 0


def done() -> None:
    """Count an event as handled, whatever became of it."""
    global handled  # noqa: PLW0603  a module is Faust's own idea of an app
    handled += 1
    if handled % _EVERY == 0:
        report(handled)


class Topic(faust.Topic):  # type: ignore[misc]
    """A topic that passes over what cannot be decoded; by default it crashes the agent."""

    async def on_value_decode_error(self, exc: Exception, message: Any) -> None:
        """Pass over the event."""
        done()


class Survey(faust.Record, coerce=True):  # type: ignore[call-arg, misc]
    """A survey response."""

    response_id: str
    kpi: str
    occurred_at: datetime
    score: int
    type: str = "survey_response"
    customer_id: str | None = None
    agent_id: str | None = None
    language: str | None = None
    comment: str | None = None
    channel: str = "unknown"
    touchpoint: str = "unknown"
    segment: str = "unknown"
    team: str = "unknown"
    survey_id: str = "unknown"


app = faust.App(
    os.environ.get("STOCK_FAUST_APP_ID", "stock-faust"),
    broker=f"kafka://{os.environ.get('STOCK_FAUST_BROKER', '127.0.0.1:9092')}",
    store="memory://",
    Topic=Topic,
)
surveys = app.topic("feedback.surveys", value_type=Survey, partitions=4)
answers = app.Table("answers", default=int, partitions=4).tumbling(
    timedelta(minutes=1), expires=timedelta(hours=3)
).relative_to_field(Survey.occurred_at)  # fmt: skip


@app.agent(surveys)  # type: ignore[untyped-decorator]
async def count(responses: Any) -> None:
    """Count promoters, passives and detractors a minute and channel."""
    async for response in responses:
        if response.kpi == "nps" and 0 <= response.score <= 10:
            group = "promoters" if response.score >= 9 else "passives" if response.score >= 7 else "detractors"
            answers[f"{response.channel}:{group}"] += 1
        done()
