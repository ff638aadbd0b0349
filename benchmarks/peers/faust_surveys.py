"""Survey responses as users of Faust read them."""

from datetime import datetime
from typing import Any

import faust

from benchmarks.progress import Progress

progress = Progress()


class Topic(faust.Topic):  # type: ignore[misc]
    """A topic that passes over what cannot be decoded; by default it crashes the agent."""

    async def on_value_decode_error(self, exc: Exception, message: Any) -> None:
        """Pass over the event."""
        progress.read()


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
