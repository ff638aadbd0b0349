"""What docker-compose.yml starts, started with the same commands, files and environment, but without containers."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from stream.brokers.kafka import KafkaBroker, fetch_jars, find_java
from stream.brokers.ports import LOOPBACK, free_ports
from tests.conftest import Lacks
from tests.deploy.compose import SERVICES
from tests.mixin.tools import installed

from .deployed import DEPLOY, prometheus_files, replaced, running
from .gateways import Gateway
from .harness import Service, Services, eventually, run


class ComposeKafka(KafkaBroker):
    """Kafka as its image runs it: Kafka's own wrapper makes its configuration of the environment, and formats."""

    def __init__(self) -> None:
        self.ports = free_ports(2)
        super().__init__(port=self.ports[0], controller_port=self.ports[1])

    async def command(self) -> list[str]:
        """Java running Kafka with what the wrapper has written; only addresses and the directory are others."""
        return await asyncio.to_thread(self._set_up)

    def _set_up(self) -> list[str]:
        port, controller = self.ports
        changes = {
            "kafka:9092": f"{LOOPBACK}:{port}",
            "//:9092": f"//{LOOPBACK}:{port}",
            "localhost:9093": f"{LOOPBACK}:{controller}",
            "/var/lib/kafka/data": str(self.data),
        }
        environment = {name: replaced(value, changes) for name, value in SERVICES["kafka"]["environment"].items()}
        places = {name: self.directory / name for name in ("default", "mounted", "final")}
        for place in places.values():
            place.mkdir(exist_ok=True)
        for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
            (places["default"] / name).touch()
        jars = ":".join(map(str, sorted(fetch_jars().glob("*.jar"))))
        java = [find_java(), *environment.pop("KAFKA_HEAP_OPTS").split(), "-cp", jars]
        options = [f"--{name}-configs-dir={place}" for name, place in places.items()]
        subprocess.run(
            [*java, "kafka.docker.KafkaDockerWrapper", "setup", *options],
            env=environment | {"CLUSTER_ID": self.cluster_id},
            check=True,
            capture_output=True,
        )
        return [*java, "kafka.Kafka", str(places["final"] / "server.properties")]


class Stack(NamedTuple):
    """What runs, and how it is asked."""

    kafka: str
    worker: Service
    prometheus: str
    alertmanager: str
    session: aiohttp.ClientSession

    async def asked(self, path: str, **parameters: str) -> Any:
        """What Prometheus' API answers."""
        async with self.session.get(f"http://{self.prometheus}/api/v1/{path}", params=parameters) as response:
            assert response.status == 200, await response.text()  # it says 503 while it starts
            answer = await response.json()
            assert answer["status"] == "success", answer
            return answer["data"]


@asynccontextmanager
async def _started(directory: Path, services: Services, lacks: Lacks) -> AsyncIterator[Stack]:
    programs = [installed(name, lacks) for name in ("prometheus", "prometheus-alertmanager")]
    async with AsyncExitStack() as stack:
        kafka = await stack.enter_async_context(ComposeKafka())
        topics = await asyncio.to_thread(run, *SERVICES["topics"]["command"], broker=kafka)
        assert topics == (0, "", "")
        worker = await services(kafka, session_timeout=45).ready()  # the default: this broker allows no shorter one
        alertmanager = stack.enter_context(
            running(
                programs[1], "alertmanager", directory,
                {"/etc/alertmanager": str(DEPLOY / "alertmanager"), "=/alertmanager": f"={directory / 'alerts'}"},
            )
        )  # fmt: skip
        gateway = Gateway(directory, kafka)
        stack.callback(gateway.kill)
        await gateway.start().ready()
        # Only FeedbackDown and FeedbackGatewayDown wait for two minutes.
        waits = {" for: 2m": " for: 1s"}
        prometheus_files(directory / "rules", worker.http, alertmanager, waits, gateway.http)
        prometheus = stack.enter_context(
            running(
                programs[0], "prometheus", directory,
                {"/etc/prometheus": str(directory / "rules"), "=/prometheus": f"={directory / 'series'}"},
            )
        )  # fmt: skip
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Stack(kafka, worker, prometheus, alertmanager, session)


@pytest.mark.usefixtures("java")
async def test_the_stack_counts_records_and_alerts(tmp_path: Path, services: Services, lacks: Lacks) -> None:
    async with _started(tmp_path, services, lacks) as stack:
        events = tmp_path / "events.jsonl"
        for command in (["simulate", "--for", "1h", "--rate", "1", "--to", str(events)], ["send", str(events)]):
            done = await asyncio.to_thread(run, *command, broker=stack.kafka)
            assert done.status == 0, done.err

        async def scraped() -> None:
            targets = (await stack.asked("targets"))["activeTargets"]
            found = {target["labels"]["job"]: target["health"] for target in targets}
            assert {found.get(job) for job in ("feedback-stream", "feedback-gateway", "alertmanager")} == {"up"}, (
                targets
            )
            assert len((await stack.asked("alertmanagers"))["activeAlertmanagers"]) == 1

        async def evaluated() -> None:
            groups = (await stack.asked("rules"))["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            assert [(rule["name"], rule["lastError"]) for rule in rules if rule.get("lastError")] == []
            assert {rule["health"] for rule in rules} == {"ok"}
            assert len(groups) == 7

        async def recorded() -> None:
            for name in ("all:feedback_nps_score:max", "all:feedback_csat_sample_size:max"):
                found = (await stack.asked("query", query=name))["result"]
                assert "24h" in {series["metric"]["window"] for series in found}, found
            lag = (await stack.asked("query", query="topic:feedback_consumer_lag_records:sum"))["result"]
            assert "feedback.surveys" in {series["metric"]["topic"] for series in lag}

        async def quiet() -> None:
            firing = [alert for alert in (await stack.asked("alerts"))["alerts"] if alert["state"] == "firing"]
            assert "FeedbackDown" not in {alert["labels"]["alertname"] for alert in firing}

        for condition in (scraped, evaluated, recorded, quiet):
            await eventually(condition)
        await asyncio.to_thread(stack.worker.stop)

        async def told() -> None:
            async with stack.session.get(f"http://{stack.alertmanager}/api/v2/alerts") as response:
                alerts = {alert["labels"]["alertname"]: alert for alert in await response.json()}
            assert "FeedbackDown" in alerts
            assert alerts["FeedbackDown"]["labels"]["severity"] == "page"
            assert alerts["FeedbackDown"]["annotations"]["description"].endswith("Prometheus knows of 1 of them.")

        await eventually(told)
