"""What lies in deploy, as processes: Prometheus and Alertmanager with the commands of the compose file."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream.brokers.ports import LOOPBACK, free_ports
from tests.deploy.compose import ROOT, SERVICES

from .harness import DEADLINE_S

DEPLOY = ROOT / "deploy"
#: Nobody listens at this port.
_NOBODY = f"{LOOPBACK}:9"


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


@contextmanager
def running(program: str, service: str, directory: Path, changes: dict[str, str]) -> Iterator[str]:
    """A service of the compose file as a process, its paths and addresses changed; where it listens."""
    address = f"{LOOPBACK}:{free_ports(1)[0]}"
    command = [replaced(argument, changes) for argument in SERVICES[service]["command"]]
    log = directory / f"{service}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, *command, f"--web.listen-address={address}"], stdout=output, stderr=output, cwd=directory
        )
    try:
        yield address
    finally:
        process.terminate()
        process.wait(DEADLINE_S)
        print(f"--- {service}\n{log.read_text()[-5000:]}")


def prometheus_files(
    directory: Path, worker: str, alertmanager: str, waits: dict[str, str], gateway: str = _NOBODY
) -> None:
    """The files of deploy, in a hurry, and with addresses in the place of names; `waits` are changes in the alerts.

    Nobody listens at the port of the gateway, if no other is given.
    """
    shutil.copytree(DEPLOY / "prometheus", directory)
    main, alerts = directory / "prometheus.yml", directory / "alerts.yml"
    text = main.read_text(encoding="utf-8")
    for address in (worker, gateway, _NOBODY):  # nothing is fetched
        static = f'static_configs:\n      - targets: ["{address}"]\n'
        text, found = re.subn(r"dns_sd_configs:\n(?: {6,}.*\n)+", static, text, count=1)
        assert found == 1
    assert "dns_sd_configs" not in text
    changes = {"alertmanager:9093": alertmanager, "interval: 10s": "interval: 1s", "interval: 15s": "interval: 1s"}
    main.write_text(replaced(text, changes), encoding="utf-8")
    text = alerts.read_text(encoding="utf-8")
    assert all(wait in text for wait in waits)
    alerts.write_text(replaced(text, waits), encoding="utf-8")
