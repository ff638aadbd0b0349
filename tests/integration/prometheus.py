"""A real Prometheus as a child process, which scrapes every few seconds, and its HTTP API."""

import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp

from stream.brokers.ports import LOOPBACK, free_ports

from .harness import DEADLINE_S, eventually

Series = list[dict[str, Any]]

_CONFIGURATION = """\
global: {{scrape_interval: 3s, scrape_timeout: 3s, evaluation_interval: 3s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: feedback-stream
    static_configs:
      - targets: [{targets}]
"""
_ALWAYS = 'groups: [{name: test, rules: [{alert: Always, expr: "vector(1)", labels: {severity: info}}]}]\n'


class Prometheus:
    """Started with the addresses to scrape; one alert fires all the time."""

    def __init__(self, directory: Path, targets: Iterable[str]) -> None:
        self._directory = directory
        self._http = f"{LOOPBACK}:{free_ports(1)[0]}"
        quoted = ", ".join(f'"{target}"' for target in targets)
        (directory / "prometheus.yml").write_text(_CONFIGURATION.format(targets=quoted))
        (directory / "rules.yml").write_text(_ALWAYS)
        with (directory / "prometheus.log").open("wb") as output:
            self._process = subprocess.Popen(
                ["prometheus", f"--config.file={directory / 'prometheus.yml'}",
                 f"--storage.tsdb.path={directory / 'data'}", f"--web.listen-address={self._http}"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def end(self) -> None:
        """End it, and print what it said: pytest shows it where a test has failed."""
        self._process.terminate()
        self._process.wait(DEADLINE_S)
        print((self._directory / "prometheus.log").read_text()[-3000:])

    async def ready(self) -> None:
        """Wait until it answers."""

        async def answered() -> None:
            assert self._process.poll() is None, "Prometheus has ended"
            async with aiohttp.ClientSession() as session, session.get(f"http://{self._http}/-/ready") as response:
                assert response.status == 200

        await eventually(answered)

    async def now(self, query: str) -> Series:
        """The series of an instant query."""
        return list((await self._get("query", query=query))["result"])

    async def over_time(self, query: str, seconds: int) -> Series:
        """The series of a range query until now, a value a second."""
        end = time.time()
        found = await self._get("query_range", query=query, start=str(end - seconds), end=str(end), step="1")
        return list(found["result"])

    async def values(self, label: str, matching: str) -> set[str]:
        """The values that a label has."""
        return {*await self._get(f"label/{label}/values", **{"match[]": matching})}

    async def _get(self, path: str, **parameters: str) -> Any:
        url = f"http://{self._http}/api/v1/{path}"
        async with aiohttp.ClientSession() as session, session.get(url, params=parameters) as response:
            answer = await response.json()
            assert answer["status"] == "success", f"{answer.get('error')}: {parameters}"
            return answer["data"]
