"""docker-compose.yml: what can be said of it without an engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from stream.brokers.kafka import KAFKA_VERSION

from .compose import COMPOSE, FILE, ROOT, SERVICES

OWN = {name for name, service in SERVICES.items() if "build" in service}

each_service = pytest.mark.parametrize("name", SERVICES)


def valid(file: Path) -> bool:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_it_follows_the_schema_of_compose(tmp_path: Path) -> None:
    assert valid(FILE)
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(FILE.read_text(encoding="utf-8").replace("healthcheck:", "healthchek:"), encoding="utf-8")
    assert not valid(wrong)


def test_all_parts_are_there() -> None:
    always = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert always == {"kafka", "topics", "worker", "text", "gateway", "prometheus", "alertmanager", "grafana"}
    assert {name: service["profiles"] for name, service in SERVICES.items() if name not in always} == {
        "worker-2": ["scale"], "simulator": ["simulate"], "fetch": ["fetch"],
    }  # fmt: skip


@each_service
def test_an_image_is_pinned(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


def test_kafka_is_the_one_that_the_tests_run_on() -> None:
    assert SERVICES["kafka"]["image"].endswith(f":{KAFKA_VERSION}")


@each_service
def test_a_service_is_bounded_and_cannot_gain_rights(name: str) -> None:
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert "user" not in service, "every image has a user of its own that is not root"


@each_service
def test_a_service_says_whether_it_is_well_or_ends(name: str) -> None:
    service = SERVICES[name]
    runs = service.get("command", ["worker"])[0]
    if name in OWN and runs not in {
        "gateway",
        "fetch",
    }:  # workers by the image's own check; the others have nothing to ask
        assert service.get("healthcheck") == (None if runs == "worker" else {"disable": True})
    else:
        assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == ("on-failure" if name == "topics" else "unless-stopped")


def test_ports_are_open_on_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_is_in_it() -> None:
    assert not re.search(r"(?i)password|token|secret|_key", FILE.read_text(encoding="utf-8"))


def test_two_workers_never_share_a_directory() -> None:
    volumes = [SERVICES[name]["volumes"][0].partition(":")[0] for name in ("worker", "worker-2")]
    assert len(set(volumes)) == 2


def _waits_for(service: dict[str, Any]) -> dict[str, str]:
    return {name: entry["condition"] for name, entry in service.get("depends_on", {}).items()}


@each_service
def test_what_it_names_is_there(name: str) -> None:
    service = SERVICES[name]
    for other, condition in _waits_for(service).items():
        awaited = SERVICES[other]
        assert "profiles" not in awaited
        ends = awaited["restart"] == "on-failure"
        assert condition == ("service_completed_successfully" if ends else "service_healthy")
    for mount in service.get("volumes", []):
        source, _, place = mount.partition(":")
        if not source.startswith("./"):
            assert source in COMPOSE["volumes"]
            continue
        assert place.endswith(":ro")
        if (ROOT / "deploy" / "grafana").exists() or "grafana" not in source:  # dashboards are a part of their own
            assert (ROOT / source).exists()


def test_prometheus_looks_where_the_services_are() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    targets = [
        target
        for job in (*config["scrape_configs"], *config["alerting"]["alertmanagers"])
        for static in job.get("static_configs", [])
        for target in static["targets"]
    ]
    found, gateways, fetchers = [sd for job in config["scrape_configs"] for sd in job.get("dns_sd_configs", [])]
    assert {target.partition(":")[0] for target in targets} == {"localhost", "alertmanager", "text"}
    aliases = [SERVICES[name]["networks"]["default"]["aliases"] for name in ("worker", "worker-2")]
    assert found["names"] == aliases[0] == aliases[1]
    assert SERVICES["worker"]["ports"] == [f"127.0.0.1:{found['port']}:{found['port']}"]
    assert gateways["names"] == ["gateway"]
    assert (fetchers["names"], fetchers["port"]) == (["fetch"], 8422)
    assert SERVICES["gateway"]["ports"] == [f"127.0.0.1:{gateways['port']}:{gateways['port']}"]
