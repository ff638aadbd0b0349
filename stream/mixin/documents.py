"""Every file that is made of the configuration, by its path in the repository."""

from typing import Any

from stream.mixin import alertmanager, fetch, flow, gateway, recording, runbook, scores, service
from stream.mixin.alert import Alert
from stream.mixin.config import JOB
from stream.mixin.text import dump


def alerts() -> dict[str, list[Alert]]:
    """Every alert, by the group of rules that it is in."""
    return {
        "feedback-workers": service.alerts(),
        "feedback-feeds": flow.alerts(),
        "feedback-gateway": gateway.alerts(),
        "feedback-fetch": fetch.alerts(),
        "feedback-experience": scores.alerts(),
    }


def documents() -> dict[str, str]:
    """Each file's text.

    >>> [name for name in documents() if "tests" not in name]
    ['deploy/prometheus/rules.yml', 'deploy/prometheus/alerts.yml', 'deploy/alertmanager/alertmanager.yml', \
'deploy/alertmanager/alertmanager.example.yml', 'deploy/kubernetes/monitoring/prometheus-rule.yaml', 'docs/runbook.md']
    """
    recorded, told = recording.groups(), _groups()
    order = [group["name"] for group in recorded + told]  # what is recorded is asked for by alerts
    every = [alert for group in alerts().values() for alert in group]
    return {
        "deploy/prometheus/rules.yml": dump({"groups": recorded}),
        "deploy/prometheus/alerts.yml": dump({"groups": told}),
        "deploy/alertmanager/alertmanager.yml": dump(alertmanager.routed(example=False)),
        "deploy/alertmanager/alertmanager.example.yml": dump(alertmanager.routed(example=True)),
        "deploy/kubernetes/monitoring/prometheus-rule.yaml": dump(_resource(recorded + told)),
        "docs/runbook.md": runbook.page(every),
    } | {f"deploy/prometheus/tests/{alert.name}.yml": dump(alert.tests(order)) for alert in every}


def _groups() -> list[dict[str, Any]]:
    return [{"name": name, "rules": [alert.rule() for alert in group]} for name, group in alerts().items()]


def _resource(groups: list[dict[str, Any]]) -> dict[str, Any]:
    """All rules as the Prometheus operator takes them."""
    labels = {"app.kubernetes.io/name": JOB, "app.kubernetes.io/part-of": JOB}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": JOB, "labels": labels},
        "spec": {"groups": groups},
    }
