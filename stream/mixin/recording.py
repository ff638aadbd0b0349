"""Recording rules: what alerts and long views need, as one series however many workers there are."""

from typing import Any

from stream.kpi import SCORES

_WEEKS = (1, 2, 3, 4)

LAG = "topic:feedback_consumer_lag_records:sum"
ACCEPTED = "topic:feedback_events_accepted:increase1h"
USUAL = "topic:feedback_events_accepted:usual1h"
REJECTED = "topic:feedback_events_rejected:ratio15m"


def groups() -> list[dict[str, Any]]:
    """The groups of recording rules."""
    return [{"name": "feedback-scores", "rules": _scores()}, {"name": "feedback-flow", "rules": _flow()}]


def recorded(metric: str) -> str:
    """The name under which a metric of a score is recorded for `all`.

    >>> recorded("feedback_nps_score_lower")
    'all:feedback_nps_score_lower:max'
    """
    return f"all:{metric}:max"


def _scores() -> list[dict[str, Any]]:
    metrics: dict[str, list[str]] = {}
    for kpi, info in SCORES.values():
        own = [kpi.label] if kpi.label else []
        bounds = ("_lower", "_upper") if info.interval else ()
        metrics |= {info.metric + suffix: ["window", *own, *info.labels] for suffix in ("", *bounds)}
        metrics[f"feedback_{kpi.name}_sample_size"] = ["window", *own]
    # Every worker shows the same scores: the greatest is any of them.
    return [
        _rule(recorded(metric), f'max by ({", ".join(labels)}) ({metric}{{scope="all"}})')
        for metric, labels in metrics.items()
    ]


def _flow() -> list[dict[str, Any]]:
    return [
        _rule("topic_outcome:feedback_events:rate5m", "sum by (topic, outcome) (rate(feedback_events_total[5m]))"),
        _rule(LAG, "sum by (topic) (max by (topic, partition) (feedback_consumer_lag_records))"),
        _rule(ACCEPTED, 'sum by (topic) (increase(feedback_events_total{outcome="accepted"}[1h]))'),
        _rule(USUAL, _usual()),
        _rule(
            REJECTED,
            'sum by (topic) (increase(feedback_events_total{outcome="rejected"}[15m]))\n'
            "/ (sum by (topic) (increase(feedback_events_total[15m])) > 0)",
        ),
        _rule(
            "feedback_end_to_end_seconds:p99_5m",
            "histogram_quantile(0.99, sum by (le) (rate(feedback_end_to_end_seconds_bucket[5m])))",
        ),
    ]


def _usual() -> str:
    """The mean of the same hour in the last weeks; of those that are known, so that it begins with the second week."""
    weeks = [f'label_replace({ACCEPTED} offset {week}w, "week", "{week}", "", "")' for week in _WEEKS]
    return "avg by (topic) (\n  " + "\n  or ".join(weeks) + "\n)"


def _rule(name: str, expr: str) -> dict[str, Any]:
    return {"record": name, "expr": expr}
