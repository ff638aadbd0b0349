"""What the suite's workers are told, and its oracle assumes: windows, topics, partitions, time-outs."""

from typing import NamedTuple

SURVEYS, CHURN = "feedback.surveys", "feedback.churn"
#: Partitions of each source topic; few where no KPI looks, since every partition costs time at each rebalance.
PARTITIONS = {
    SURVEYS: 4, CHURN: 2, "feedback.contacts": 1, "feedback.orders": 1, "feedback.invitations": 1, "feedback.cases": 1,
}  # fmt: skip
DEAD_LETTERS = "feedback.dead-letters"

#: Size and advance in seconds. The narrow one is short, so that its panes expire while the suite runs.
WINDOWS = {"2m": (120, 10), "1h": (3600, 60), "24h": (86_400, 900)}
SCOPES = ("channel", "segment", "team")
CROSS = ("channel", "segment")
CROSS_FROM = 86_400
GRACE = MAX_AHEAD = 60

#: Seconds until the group takes a silent worker for dead; a zombie has been paused for longer.
SESSION_S = 2
#: Compaction leaves records alone for so long: longer than any pause here, much shorter than in production.
COMPACTION_LAG_MS = 15_000

SETTINGS: dict[str, object] = {
    "windows": ",".join(f"{size}s/{advance}s" for size, advance in WINDOWS.values()),
    "scopes": ",".join(SCOPES),
    "cross": ",".join(CROSS),
    "cross_from": CROSS_FROM,
    "grace": GRACE,
    "max_ahead": MAX_AHEAD,
    "session_timeout": SESSION_S,
    "publish_interval": 0,
    # The least there is: most flushes of a backlog are split.
    "changelog_batch_bytes": 16_384,
    "flush_interval": 0.4,
}

#: For the broker: dead workers are noticed soon, and changelogs are compacted all the time.
BROKER = {"group.min.session.timeout.ms": "1000", "log.cleaner.backoff.ms": "1000"}
COMPACTION = {
    "cleanup.policy": "compact",
    "segment.ms": "3000",
    "segment.bytes": str(1 << 20),
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": str(COMPACTION_LAG_MS),
}


class Kpi(NamedTuple):
    """A KPI as its changelog shows it: which fields add up to its events, and which hold on from their time."""

    topic: str
    fields: tuple[str, ...]
    events: tuple[str, ...]
    sample: tuple[str, ...]
    levels: tuple[str, ...] = ()


_NET = ("promoters", "passives", "detractors")
_POINTS = ("answered", "skipped", "points", "points_squared")
KPIS = {
    "nps": Kpi(SURVEYS, (*_NET, "skipped"), (*_NET, "skipped"), _NET),
    "enps": Kpi(SURVEYS, (*_NET, "skipped"), (*_NET, "skipped"), _NET),
    "csat": Kpi(SURVEYS, ("satisfied", *_POINTS), ("answered", "skipped"), ("answered",)),
    "ces": Kpi(SURVEYS, ("easy", *_POINTS), ("answered", "skipped"), ("answered",)),
    "churn": Kpi(
        CHURN, ("customers", "lost", "reactivated"), ("lost", "reactivated"), ("customers",), ("customers",)
    ),
    "retention": Kpi(
        CHURN, ("customers", "joined", "lost", "reactivated"), ("joined", "lost", "reactivated"), ("customers",),
        ("customers",),
    ),
}  # fmt: skip


def changelog(app_id: str, kpi: str) -> str:
    """The topic that a KPI's table is rebuilt from."""
    return f"{app_id}-{kpi}-changelog"
