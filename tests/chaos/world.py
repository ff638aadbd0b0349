"""What the suite's workers are told, and its oracle assumes: windows, topics, partitions, time-outs."""

from typing import NamedTuple

from ..integration.figures import LAST

SURVEYS, CHURN = "feedback.surveys", "feedback.churn"
CONTACTS, ORDERS, CASES = "feedback.contacts", "feedback.orders", "feedback.cases"
INVITATIONS, VERBATIMS = "feedback.invitations", "feedback.verbatims"
#: Partitions of each source topic; few where little comes, since every partition costs time at each rebalance.
PARTITIONS = {
    SURVEYS: 4, CHURN: 2, CONTACTS: 2, ORDERS: 1, INVITATIONS: 1, CASES: 1, VERBATIMS: 1,
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
    #: The score whose rows are looked at, where none has the KPI's name in every window.
    score: str = ""
    label: str = ""
    crossed: bool = True


_NET = ("promoters", "passives", "detractors")
_MOODS = ("positive", "neutral", "negative")
_BUCKETS = tuple(f"bucket_{number:02}" for number in range(LAST + 1))
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
    "fcr": Kpi(CONTACTS, ("first", "resolved", "provisional"), ("first",), ("first",)),
    "response_time": Kpi(CONTACTS, ("in_time", *_BUCKETS), _BUCKETS, _BUCKETS, crossed=False),
    "omnichannel": Kpi(CONTACTS, ("customers", "several", "contacts", "switches"), ("contacts",), ("customers",)),
    "clv": Kpi(
        ORDERS, ("orders", "revenue", "squares", "customers", "upsold", "large_squares"), ("orders",), ("orders",),
        score="clv_order_value", label="currency",
    ),
    "upsell": Kpi(ORDERS, ("orders", "upsells", "cross_sells"), ("orders",), ("orders",)),
    "response_rate": Kpi(INVITATIONS, ("delivered", "answered"), ("delivered",), ("delivered",)),
    "cases": Kpi(
        CASES, ("open", "opened", "closed", *_BUCKETS), ("opened", "closed"), ("open", "opened"), ("open",),
        score="cases_open", crossed=False,
    ),
    "closed_loop": Kpi(CASES, ("due", "in_time"), ("due",), ("due",)),
    "sentiment": Kpi(VERBATIMS, _MOODS, _MOODS, _MOODS),
    "themes": Kpi(
        VERBATIMS, ("mentions", *_NET), ("mentions",), ("mentions",), label="theme", crossed=False
    ),
}  # fmt: skip
#: KPIs by the score whose rows are looked at.
SCORES = {kpi.score or name: name for name, kpi in KPIS.items()}


def changelog(app_id: str, kpi: str) -> str:
    """The topic that a KPI's table is rebuilt from."""
    return f"{app_id}-{kpi}-changelog"
