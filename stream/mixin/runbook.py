"""The runbook: one heading for each alert, with who is told, what fires it and why, and what to do."""

import re
from inspect import cleandoc
from textwrap import fill

from stream.mixin.alert import Alert
from stream.mixin.catalogue import alerts
from stream.mixin.config import SEVERITIES

_HEAD = """\
# Runbook

What each alert means, why its threshold is what it is, and what to do. Thresholds and opening hours are in
`stream/mixin/config.py`; `make generate` writes the files in `deploy/` and this page. Targets of scores are the setting
`targets` of the service.

| severity | who is told |
|---|---|
"""


def page() -> str:
    """The whole page."""
    told = "".join(f"| `{severity}` | {who} |\n" for severity, who in SEVERITIES.items())
    return _HEAD + told + "".join(_section(alert) for group in alerts().values() for alert in group)


def _section(alert: Alert) -> str:
    summary = re.sub(r"{{ \$labels\.(\w+) }}", r"*\1*", alert.summary)
    wait = f", for {alert.wait}" if alert.wait != "0s" else ""
    steps = "\n".join(
        _wrapped(step, f"{number}. ") for number, step in enumerate(cleandoc(alert.steps).split("\n\n"), 1)
    )
    return (
        f"\n## {alert.name}\n\n{summary}. Severity `{alert.severity}`.\n\n```promql\n{alert.expr}\n```\n\n"
        + _wrapped(f"Fires when this has a result{wait}. {alert.why}")
        + f"\n\n{steps}\n"
    )


def _wrapped(text: str, mark: str = "") -> str:
    return fill(
        text,
        120,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )
