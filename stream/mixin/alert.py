"""What an alert is made of: its rule, what it says, its page in the runbook, and two examples that prove it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stream.mixin.config import Addresses, Severity


@dataclass(frozen=True)
class Example:
    """Series in promtool's notation, and the moment (or moments, with spaces) at which it is asked what fires.

    `says` is the whole description where it fires; `labels` are those that the rule's result has.
    """

    series: Mapping[str, str]
    at: str
    says: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    step: str = "1m"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert. `why` gives the reason of its thresholds, `steps`, with empty lines between them, what to do.
    Both stand in the runbook.

    `wait` is how long the expression must hold, `keep` how long it goes on firing afterwards;
    `dashboard` is the identity of the one that shows more.
    """

    name: str
    expr: str
    severity: Severity
    summary: str
    description: str
    why: str
    steps: str
    dashboard: str
    fires: Example
    quiet: Example
    wait: str = "0s"
    keep: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def rule(self, addresses: Addresses) -> dict[str, Any]:
        """The rule as Prometheus reads it."""
        rule = {"alert": self.name, "expr": self.expr, "for": self.wait, "keep_firing_for": self.keep}
        annotations = {"summary": self.summary, "description": self.description}
        annotations |= self._links(addresses)
        return {key: value for key, value in rule.items() if value not in {"", "0s"}} | {
            "labels": {"severity": self.severity} | dict(self.labels),
            "annotations": annotations,
        }

    def _links(self, addresses: Addresses) -> dict[str, str]:
        return {
            "runbook_url": f"{addresses.runbook}#{self.name.lower()}",
            "dashboard_url": f"{addresses.grafana}/d/{self.dashboard}",
        }

    def tests(self, groups: list[str], addresses: Addresses) -> dict[str, Any]:
        """The file for `promtool test rules`: one case that fires, one that does not; groups run in the given order."""
        labels = {"severity": self.severity} | dict(self.labels) | dict(self.fires.labels)
        expected = {
            "exp_labels": labels,
            "exp_annotations": {"summary": filled(self.summary, labels), "description": self.fires.says}
            | self._links(addresses),
        }
        return {
            "rule_files": ["../rules.yml", "../alerts.yml"],
            "evaluation_interval": self.fires.step,
            "group_eval_order": groups,
            "tests": [
                self._case("fires", self.fires, [expected]),
                self._case("does not fire", self.quiet, []),
            ],
        }

    def _case(self, name: str, example: Example, expected: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "name": f"{self.name} {name}",
            "interval": example.step,
            "input_series": [{"series": series, "values": values} for series, values in example.series.items()],
            "alert_rule_test": [
                {"eval_time": at, "alertname": self.name, "exp_alerts": expected} for at in example.at.split()
            ],
        }


def filled(template: str, labels: Mapping[str, str]) -> str:
    """A template of labels alone, filled in.

    >>> filled("{{ $labels.topic }} is silent", {"topic": "feedback.surveys"})
    'feedback.surveys is silent'
    """
    return re.sub(r"{{ \$labels\.(\w+) }}", lambda found: labels[found[1]], template)


def asked(query: str, form: str, *labels: str) -> str:
    """A template that shows what a query finds, and nothing where it finds nothing; `%q` stands for each label.

    >>> asked("sum(up)", '{{ . | first | value | printf "%.0f" }} are up')
    '{{ with query "sum(up)" }}{{ . | first | value | printf "%.0f" }} are up{{ end }}'
    """
    if not labels:
        return f'{{{{ with query "{query}" }}}}{form}{{{{ end }}}}'
    values = " ".join(f"$labels.{label}" for label in labels)
    return f'{{{{ with printf "{query}" {values} | query }}}}{form}{{{{ end }}}}'
