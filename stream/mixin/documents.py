"""Every file that Prometheus, Alertmanager and Grafana are given, by its path in a directory."""

from typing import Any

from stream import dashboards
from stream.mixin import alertmanager, recording
from stream.mixin.catalogue import alerts
from stream.mixin.config import JOB, Addresses
from stream.mixin.text import dump


def documents(addresses: Addresses | None = None) -> dict[str, str]:
    """Each file's text; messages link to these addresses.

    >>> [name for name in documents() if "tests" not in name and "dashboards" not in name]
    ['prometheus/rules.yml', 'prometheus/alerts.yml', 'alertmanager/alertmanager.yml',
     'alertmanager/alertmanager.example.yml', 'kubernetes/monitoring/prometheus-rule.yaml']
    """
    links = addresses or Addresses()
    recorded = recording.groups()
    told = [{"name": name, "rules": [each.rule(links) for each in group]} for name, group in alerts().items()]
    order = [group["name"] for group in recorded + told]  # what is recorded is asked for by alerts
    every = [alert for group in alerts().values() for alert in group]
    return {
        "prometheus/rules.yml": dump({"groups": recorded}),
        "prometheus/alerts.yml": dump({"groups": told}),
        **{f"prometheus/tests/{alert.name}.yml": dump(alert.tests(order, links)) for alert in every},
        "alertmanager/alertmanager.yml": dump(alertmanager.routed(example=False)),
        "alertmanager/alertmanager.example.yml": dump(alertmanager.routed(example=True)),
        "kubernetes/monitoring/prometheus-rule.yaml": dump(_resource(recorded + told)),
        **{f"grafana/{name}": text for name, text in dashboards.documents().items()},
    }


def _resource(groups: list[dict[str, Any]]) -> dict[str, Any]:
    """All rules as the Prometheus operator takes them."""
    labels = {"app.kubernetes.io/name": JOB, "app.kubernetes.io/part-of": JOB}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": JOB, "labels": labels},
        "spec": {"groups": groups},
    }
