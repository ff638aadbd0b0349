"""The page of the metrics, from what the collectors show of one of everything."""

import re
from collections import Counter
from collections.abc import Iterable

from aiokafka import TopicPartition
from faust.types import TP
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from stream.drops.alerts import Alert, Chart
from stream.drops.detector import WATCHED_KPIS, Standing
from stream.drops.explain import Part
from stream.engine import Processed, Rejection
from stream.errors import Rejected
from stream.fetch.metrics import FetchMetrics
from stream.gateway.metrics import GatewayMetrics
from stream.identity import Outcome
from stream.kpi import KPIS, SCORES, Around
from stream.kpi.csat import UNIT
from stream.reference_domain import table
from stream.score import Line
from stream.score_metrics import DropMetrics, ScoreMetrics, TargetMetrics
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.store import State
from stream.text.stage import StageMetrics
from stream.view import Slice, scores_of

_METRICS = """\
# Metrics

```text
feedback_nps_score{member="phone",scope="channel",window="24h"} 31.2
feedback_nps_sample_size{member="phone",scope="channel",window="24h"} 412.0
```

On `/metrics`, in base units. No label holds anything of a customer.

## Scores

`scope` is `all` or a dimension, `member` its value: `unknown` where the event had none, `other` beyond the setting
`max_members`. In the scope [`agent`](privacy.md#agents), which is off by default, it is a pseudonym. A score on fewer
answers than `min_sample`, or `agent_min_sample`, is left out, its sample size is there all the same; where nobody
answered there is neither. [KPIs](kpis.md) says what each score means.

Every worker shows the scores of the whole, unless its role is `agents`: with several, look at one `instance`, or take
`max without (instance)`; never add them up over workers.

"""

_TARGETS = """\

## Targets

```text
feedback_nps_score_target 30.0
```

What a score should reach, for each that is named in the setting `targets`: alerts and dashboards compare with it.

"""

_DROPS = """\

## Drops

```text
feedback_nps_dropped{member="phone",scope="channel"} 1.0
feedback_nps_drop_points{member="phone",scope="channel"} 21.3
feedback_nps_drop_explained_ratio{by_member="billing",by_scope="touchpoint",member="phone",scope="channel"} 0.82
```

How much worse than usual a member's answers are, and whether that is an alert: [Drops](drops.md). Members with too few
answers to compare with have no series. When it began, and what explains it (five members at most), is there only while
an alert is raised.

"""

_SLICES = f"""\

## Fields for slices

```text
sum by (channel) (feedback_csat_satisfied{{window="24h"}}) / sum by (channel) (feedback_csat_answered{{window="24h"}})
```

The whole numbers behind the scores, for every combination of the dimensions in the setting `cross`, in windows from
`cross_from` on. They can be added up over these dimensions: sum first, then divide. `points` are {UNIT}ths of the way
along an answer's scale.

"""

_SERVICE = """\

## The service itself

Each worker tells of the partitions that it holds; only `feedback_state_keys` is of all tables that it has in memory.

"""


_TEXT = """\

## The text role

What `worker --role text` tells of itself: [What customers write](text.md).
"""


_GATEWAY = """\

## The gateway

On the gateway's own `/metrics`. `source` is the name of a source that is on, or `unknown`; what each `outcome` means:
[Answers](gateway.md#answers).

"""


_FETCH = """\

## What fetches

On the `/metrics` of `fetch`. `outcome` is `fetched`, `later` (once more, after a while), `given_up` or `rejected`, both
of which are dead letters.

"""


def metrics() -> str:
    """The page of the metrics, from what the collectors show of one of everything."""
    settings = Settings.model_construct()
    everything = {kpi.name: kpi(*[settings.min_sample] * len(kpi.field_names())) for kpi in KPIS.values()}
    around = Around("EUR", 30 * 86_400, everything)
    accumulators = [kpi.seen([settings.min_sample] * len(kpi.field_names()), around) for kpi in KPIS.values()]
    scores = [score for each in accumulators for score in scores_of(each, "30d", ("all", "all"), settings.min_sample)]
    slices = [
        Slice(type(each), "24h", (*settings.cross, *([each.label] if each.label else [])), each)
        for each in accumulators
    ]
    shown = [
        metric for metric in ScoreMetrics(lambda: (scores, slices), list(settings.cross)).collect() if metric.samples
    ]
    charts = [Chart(kpi.name, "all", "all") for kpi in WATCHED_KPIS]
    standings = [Standing(chart, 0.0, 0.0, 0.0, 1.0) for chart in charts]
    why = (Part("channel", "phone", 1.0, 0.0, 0.0),)
    alerts = [Alert(*chart, "raised", 0, 0, None, 0, 0, 0, 0, 1, 0, 1, explained_by=why) for chart in charts]
    drops = DropMetrics(lambda: standings, lambda: alerts).collect()
    targets = TargetMetrics(dict.fromkeys(SCORES, 0.0)).collect()
    own = [metric for metric in shown if "scope" in metric.samples[0].labels]
    fields = [metric for metric in shown if metric not in own]
    return (
        _METRICS + _metric_table(own) + _TARGETS + _metric_table(targets)
        + _DROPS + _metric_table(drops) + _SLICES + _metric_table(fields)
        + _SERVICE + _metric_table(_service(settings).collect())
        + _TEXT + _metric_table(_text().collect())
        + _GATEWAY + _metric_table(_gateway().collect())
        + _FETCH + _metric_table(_fetch().collect())
    )  # fmt: skip


def _service(settings: Settings) -> CollectorRegistry:
    """The service's metrics after one record, which was rejected."""
    registry = CollectorRegistry()
    service = ServiceMetrics(settings, State(settings), registry)
    tp = TP("feedback.surveys", 0)
    rejection = Rejection(Line(0, b""), Rejected("invalid_json", "", ""))
    outcomes: Counter[Outcome] = Counter({"rejected": 1})
    service.announce([tp.topic])
    service.count(tp.topic, Processed(outcomes, [rejection]))
    service.seen(tp, 0, [0], 0)
    service.lag = lambda: {tp: 0}
    service.refresh(10)
    return registry


def _text() -> CollectorRegistry:
    """The text role's metrics, with a partition that is read."""
    registry = CollectorRegistry()
    tp = TopicPartition("feedback.surveys", 0)
    StageMetrics(registry).show_lag({tp: 0}, [tp])
    return registry


def _gateway() -> CollectorRegistry:
    """The gateway's metrics after one delivery."""
    registry = CollectorRegistry()
    GatewayMetrics(registry, lambda: 0, lambda: 0).count("events", "accepted", 0.0, 1)
    return registry


def _fetch() -> CollectorRegistry:
    """The metrics of what fetches, after one request."""
    registry = CollectorRegistry()
    metrics = FetchMetrics(registry)
    metrics.announce(["surveymonkey"])
    metrics.count_request("surveymonkey", "200")
    metrics.show_oldest({"surveymonkey": 0.0})
    return registry


def _metric_table(shown: Iterable[Metric]) -> str:
    rows = []
    for metric in shown:
        sample = metric.samples[0]  # what it shows of labels, it shows there
        name = sample.name if metric.type == "counter" else metric.name
        labels = ", ".join(f"`{label}`" for label in sample.labels if label != "le")
        rows.append((f"`{name}`", metric.type, labels, _unit(name), metric.documentation))
    return table(("metric", "type", "labels", "unit", "meaning"), rows)


_UNITS = {
    "_timestamp_seconds": "seconds since 1970 in UTC",
    "_seconds": "seconds",
    "_writes_total": "times",
    "_comments_total": "comments",
    "_fetch_requests_total": "requests",
    "_notifications_total": "notifications",
    "_requests_total": "deliveries",
    "_events_total": "events",
    "_total": "records",
    "_bytes": "bytes",
    "_away": "1 or 0",
    "_records": "records",
    "_sample_size": "answers, or customers",
    "_info": "always 1",
    "_drop_points": "points",
    "_usual_points": "points",
    "churn_usual_ratio": "ratio in 30 days, 1 = 100 %",
    "_rise_ratio": "ratio in 30 days, 1 = 100 %",
    "_ratio": "ratio, 1 = 100 %",
    "_usual_ease": "ease",
    "_drop_ease": "ease",
    "_usual_balance": "balance",
    "_drop_balance": "balance",
    "_dropped": "1 or 0",
    "_risen": "1 or 0",
    "_statistic": "answers' values",
    "_threshold": "answers' values",
}


_SCORE_UNITS = {
    "points": "points, −100 to 100",
    "ratio": "ratio, 1 = 100 %",
    "balance": "balance, −1 to 1",
    "ease": "ease, 1 to 7",
    "seconds": "seconds",
    "money": "the currency's own unit",
    "count": "number",
}


def _unit(name: str) -> str:
    """What a metric counts in.

    >>> _unit("feedback_nps_score_lower"), _unit("feedback_flush_seconds"), _unit("feedback_nps_promoters")
    ('points, −100 to 100', 'seconds', 'number')
    """
    unit = {info.metric: info.unit for _, info in SCORES.values()}.get(re.sub("_(lower|upper|target)$", "", name))
    if unit is not None:
        return _SCORE_UNITS[unit]
    return next((words for suffix, words in _UNITS.items() if name.endswith(suffix)), "number")
