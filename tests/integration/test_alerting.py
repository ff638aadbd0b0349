"""A drop of the NPS as people see it: from answers in Kafka to a message that names what explains it, and its end."""

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from stream.brokers.ports import LOOPBACK, free_ports
from stream.cli.simulate import traffic
from stream.simulate import SCENARIOS
from tests.conftest import Lacks
from tests.mixin.tools import installed

from .deployed import DEPLOY, prometheus_files, replaced, running
from .harness import Sent, Service, Services, eventually, produce, read_topic

#: Seconds of the traffic, all of it in the past and sent as fast as may be: when the incident of an hour begins, what
#: is sent before the alert must come, and all.
ONSET_S, FIRST_S, END_S = 2_400, 4_200, 8_400

_TITLE = "Net Promoter Score has dropped"
_DROPPED = r"Score has been -?\d+\.\d since .* UTC, \d+\.\d points below its usual \d+\.\d\. Where it comes from, .*: "
_OVER = r"^• Over since .* UTC; it was: Net Promoter "

Json = dict[str, Any]


class Receiver:
    """What people are told: the messages to Slack and to the engineer on call."""

    def __init__(self) -> None:
        self.address = f"{LOOPBACK}:{free_ports(1)[0]}"
        self.slack: list[Json] = []
        self.pager: list[Json] = []

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        """Take messages while the block runs."""
        app = web.Application()
        app.router.add_post("/{receiver:slack|pager}", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        host, _, port = self.address.partition(":")
        await web.TCPSite(runner, host, int(port)).start()
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        messages = self.pager if request.path == "/pager" else self.slack
        messages.append(await request.json())
        return web.Response(text="ok")

    def said(self, title: str, pattern: str, since: int = 0) -> list[str]:
        """The lines of this form in messages with this in their title, oldest first; not of the first ones `since`."""
        parts = [part for message in self.slack[since:] for part in message["attachments"] if title in part["title"]]
        return [line for part in parts for line in part["text"].splitlines() if re.search(pattern, line)]


def alertmanager_files(directory: Path, receiver: Receiver) -> None:
    """The example of deploy in a hurry: it tells the receiver, and no mail leaves."""
    directory.mkdir()
    text = (DEPLOY / "alertmanager" / "alertmanager.example.yml").read_text(encoding="utf-8")
    changes = {
        "/etc/alertmanager/secrets": str(directory),
        "https://pager.example.org/alerts": f"http://{receiver.address}/pager",
        "mail.example.org:587": f"{LOOPBACK}:9",
        "group_wait: 2m": "group_wait: 1s",
        "group_interval: 30m": "group_interval: 1s",
    }
    assert all(old in text for old in changes)
    (directory / "alertmanager.yml").write_text(replaced(text, changes), encoding="utf-8")
    (directory / "slack-url").write_text(f"http://{receiver.address}/slack")
    (directory / "pager-token").write_text("token")
    (directory / "smtp-password").write_text("password")


@asynccontextmanager
async def watched(directory: Path, worker: Service, lacks: Lacks) -> AsyncIterator[Receiver]:
    """Prometheus and Alertmanager with the files of deploy watch a worker."""
    programs = [installed(name, lacks) for name in ("prometheus", "prometheus-alertmanager")]
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(Receiver().listening())
        alertmanager_files(directory / "routes", receiver)
        alertmanager = stack.enter_context(
            running(
                programs[1], "alertmanager", directory,
                {"/etc/alertmanager": str(directory / "routes"), "=/alertmanager": f"={directory / 'alerts'}"},
            )
        )  # fmt: skip
        # Not shorter: a scrape that comes late on a busy machine must not end an alert.
        prometheus_files(directory / "rules", worker.http, alertmanager, {"_for: 10m": "_for: 10s"})
        stack.enter_context(
            running(
                programs[0], "prometheus", directory,
                {"/etc/prometheus": str(directory / "rules"), "=/prometheus": f"={directory / 'series'}"},
            )
        )  # fmt: skip
        yield receiver


def played(begin: float, since: float, until: float) -> Iterator[Sent]:
    """A part of the scenario; without its rhythm it is the same at every time of the day."""
    plan = replace(SCENARIOS["nps-drop"], rhythm=False)
    for record in traffic(plan, rate=20, seed=1, begin=begin, lasting=until, onset=ONSET_S):
        if record.at.timestamp() >= begin + since:
            yield Sent(record.topic, record.key.encode() or None, record.value)


async def test_a_drop_is_told_with_what_explains_it_and_its_end(
    tmp_path: Path, module_kafka: str, services: Services, lacks: Lacks
) -> None:
    view = services(module_kafka, "view", drop_interval=0.5)
    for service in (view, *[services(module_kafka, "agents") for _ in range(2)]):
        await service.ready()
    begin = time.time() - END_S
    async with watched(tmp_path, view, lacks) as receiver:
        await produce(module_kafka, played(begin, 0, FIRST_S))

        async def told() -> None:
            message = receiver.said(_TITLE, "^• Net Promoter " + _DROPPED)
            assert message, receiver.slack
            assert "channel phone (" in message[0]
            assert "touchpoint billing (" in message[0]

        await eventually(told)
        await produce(module_kafka, played(begin, FIRST_S, END_S))

        async def resolved() -> None:
            alerts = [json.loads(record.value) for record in await read_topic(module_kafka, "feedback.alerts")]
            assert [alert["state"] for alert in alerts if (alert["kpi"], alert["scope"]) == ("nps", "all")] == [
                "raised",
                "resolved",
            ]

        await eventually(resolved)
        before = len(receiver.slack)

        async def over() -> None:
            assert receiver.said(_TITLE, _OVER + _DROPPED, before), receiver.slack[before:]

        await eventually(over)
        assert receiver.pager == []
