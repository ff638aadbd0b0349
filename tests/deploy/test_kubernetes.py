"""The manifests: valid by the schemas of Kubernetes and of the Prometheus operator, and one with another."""

import copy
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator

from stream import __version__
from stream.mixin import config
from stream.mixin.documents import documents
from stream.settings import Settings

from .compose import COMPOSE, ROOT

#: The oldest that is asked for, and the newest whose schema is known.
VERSIONS = ("1.30", "1.37")
DIRECTORY = ROOT / "deploy" / "kubernetes"
_OPERATOR = {"ServiceMonitor": operator.ServiceMonitor, "PrometheusRule": operator.PrometheusRule}


def _read() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(DIRECTORY.rglob("*.yaml")):
        for resource in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield f"{resource['kind']} {resource['metadata']['name']}", resource


ALL = dict(_read())
OWN = {name: resource for name, resource in ALL.items() if resource["kind"] in _OPERATOR}
CORE = {name: resource for name, resource in ALL.items() if name not in OWN}
WORKLOADS = {name: resource for name, resource in CORE.items() if "template" in resource.get("spec", {})}

each_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)


def test_all_parts_are_there() -> None:
    assert set(CORE) == {
        "ConfigMap feedback-stream", "ConfigMap feedback-sources", "ServiceAccount feedback-stream",
        "StatefulSet feedback-agents", "Service feedback-agents", "PodDisruptionBudget feedback-agents",
        "Deployment feedback-view", "Service feedback-view", "PodDisruptionBudget feedback-view",
        "Deployment feedback-text", "Service feedback-text", "PodDisruptionBudget feedback-text",
        "Deployment feedback-gateway", "Service feedback-gateway", "PodDisruptionBudget feedback-gateway",
        "Deployment feedback-fetch", "Service feedback-fetch", "PodDisruptionBudget feedback-fetch",
    }  # fmt: skip
    assert set(OWN) == {"ServiceMonitor feedback-stream", "PrometheusRule feedback-stream"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", CORE)
def test_a_resource_follows_the_schema_of_kubernetes(name: str, version: str) -> None:
    kubernetes_validate.validate(CORE[name], version, strict=True)


def test_the_schema_of_kubernetes_notices_a_misspelt_field() -> None:
    wrong = copy.deepcopy(CORE["Deployment feedback-view"])
    wrong["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def understood(resource: dict[str, Any]) -> Any:
    """What the operator's model has read of a resource; it passes over fields that it does not know."""
    model = _OPERATOR[resource["kind"]].model_validate(resource)
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


@pytest.mark.parametrize("name", OWN)
def test_a_resource_follows_the_schema_of_the_operator(name: str) -> None:
    assert understood(OWN[name]) == OWN[name]


def test_the_schema_of_the_operator_notices_a_misspelt_field() -> None:
    wrong = copy.deepcopy(OWN["ServiceMonitor feedback-stream"])
    wrong["spec"]["endpoints"][0]["intervall"] = "10s"
    assert understood(wrong) != wrong


def test_the_operator_gets_the_same_rules_as_prometheus() -> None:
    files = (documents()[f"prometheus/{name}.yml"] for name in ("rules", "alerts"))
    groups = [group for file in files for group in yaml.safe_load(file)["groups"]]
    assert OWN["PrometheusRule feedback-stream"]["spec"]["groups"] == groups


def test_the_monitor_finds_the_services_and_names_the_jobs_as_the_alerts_do() -> None:
    spec = OWN["ServiceMonitor feedback-stream"]["spec"]
    services = [resource for resource in CORE.values() if resource["kind"] == "Service"]
    jobs: dict[str, set[str]] = {}
    for service in services:
        labels = service["metadata"]["labels"]
        assert spec["selector"]["matchLabels"].items() <= labels.items()
        assert [port["name"] for port in service["spec"]["ports"]] == [spec["endpoints"][0]["port"]]
        jobs.setdefault(labels[spec["jobLabel"]], set()).add(service["metadata"]["name"])
    # Alerts on workers must not take the others for some.
    assert jobs == {
        config.JOB: {"feedback-agents", "feedback-view"},
        config.GATEWAY_JOB: {"feedback-gateway"},
        config.FETCH_JOB: {"feedback-fetch"},
        "feedback-text": {"feedback-text"},
    }


@each_workload
def test_a_workload_its_service_and_its_budget_mean_the_same_pods(workload: dict[str, Any]) -> None:
    name = workload["metadata"]["name"]
    labels = workload["spec"]["template"]["metadata"]["labels"]
    selector = workload["spec"]["selector"]["matchLabels"]
    assert selector.items() <= labels.items()
    assert CORE[f"Service {name}"]["spec"]["selector"] == selector
    assert CORE[f"PodDisruptionBudget {name}"]["spec"]["selector"]["matchLabels"] == selector
    assert workload["spec"].get("serviceName", name) == name
    assert workload["spec"]["replicas"] > 1, "a budget of one pod that must stay is none"


@each_workload
def test_a_container_has_no_rights_and_is_asked_whether_it_is_well(workload: dict[str, Any]) -> None:
    pod = workload["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert not pod["enableServiceLinks"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    paths = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
    assert container["resources"]["limits"]["memory"]
    assert container["args"][0] == (container["name"] if container["name"] in {"gateway", "fetch"} else "worker")
    assert [port["name"] for port in container["ports"]] == ["http"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


@each_workload
def test_the_image_is_that_of_this_version(workload: dict[str, Any]) -> None:
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    assert container["image"] == COMPOSE["x-own"]["image"] == f"feedback-stream:{__version__}"


def test_the_settings_exist_and_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    data = CORE["ConfigMap feedback-stream"]["data"]
    assert {name.removeprefix("FEEDBACK_").lower() for name in data} <= Settings.model_fields.keys()
    for name, value in data.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert settings.replication == 3
    assert settings.partitions >= CORE["StatefulSet feedback-agents"]["spec"]["replicas"]
