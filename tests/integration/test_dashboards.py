"""Every query of every dashboard, on a populated system: real Kafka, a worker, simulated traffic, real Prometheus."""

import asyncio
import json
import math
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import aiohttp
import pytest

from stream.dashboards import documents, drops, scores
from stream.dashboards.breakdown import BREAKDOWNS, CROSS, promql
from stream.dashboards.drops import Chart
from stream.dashboards.queries import MEMBER, WHOLE, Figure
from stream.kpi import KPIS, SCORES
from stream.settings import AGENT, DIMENSIONS, Settings
from stream.targets import TARGETS

from . import traffic
from .gateways import Gateway
from .harness import Services, environment, eventually, produce
from .histories import worse
from .prometheus import Prometheus

Json = dict[str, Any]
Lacks = Callable[[str, str], NoReturn]

BOARDS: dict[str, Json] = {name: json.loads(text) for name, text in documents().items()}
#: A short window, so that the one before it is soon known too, one that holds all, and one for the churn of weeks.
SHORT, LONG, LONGEST = "30s", "24h", "30d"
CHOSEN = {
    "window": SHORT, "scope": "all", "member": "all", "team": ".*", "instance": ".*", "min_sample": "5",
    "compared": "channel", "source": ".*", "currency": "EUR", "theme": "waiting",
    "slices:csv": ",".join(CROSS[:2]), "__rate_interval": "15s", "__range": "60s",
    **dict.fromkeys(CROSS, ".*"),
}  # fmt: skip


#: What is there in the longest window only.
MONTHLY = re.compile("|".join(SCORES[name][1].metric for name in scores.MONTHLY))


def filled(text: str, **others: str) -> str:
    """A query as Grafana sends it, with its variables replaced."""
    values = CHOSEN | others
    return re.sub(r"\$(?:\{([\w:]+)\}|(\w+))", lambda name: values[name[1] or name[2]], text)


class System:
    """Asks what dashboards ask."""

    def __init__(self, prometheus: Prometheus) -> None:
        self.prometheus = prometheus

    async def has_data(self, target: Json) -> bool:
        """Whether Prometheus has a number for a query of a panel; NaN is none."""
        query = filled(target["expr"])
        if MONTHLY.search(query):
            # Nobody waits here until a month has one before it.
            query = filled(target["expr"], window=LONGEST).replace(f" offset {LONGEST}", "")
        if target["instant"]:
            return any(series["value"][1] != "NaN" for series in await self.prometheus.now(query))
        found = await self.prometheus.over_time(query, 30)
        return any(value != "NaN" for series in found for _, value in series["values"])

    async def value(self, query: str, **chosen: str) -> float | None:
        """The one value of a query, None where there is none."""
        found = await self.prometheus.now(filled(query, **chosen))
        assert len(found) < 2
        return float(found[0]["value"][1]) if found else None


@pytest.fixture(scope="module")
def installed(lacks: Lacks) -> None:
    if shutil.which("prometheus") is None:
        lacks("the dashboards' queries", "prometheus is not installed")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prometheus")


@pytest.fixture(scope="module")
def gateway(module_kafka: str, directory: Path) -> Iterator[Gateway]:
    gateway = Gateway(directory, module_kafka)
    yield gateway.start()
    gateway.kill()


@pytest.fixture(scope="module")
def prometheus(
    installed: None, module_kafka: str, module_services: Services, gateway: Gateway, directory: Path
) -> Iterator[Prometheus]:
    """Scrapes two workers, both of which show everything, the text role, and a gateway."""
    windows = f"{SHORT}/1s,{LONG}/15m,{LONGEST}/6h"
    targets = ",".join(f"{name}:{TARGETS.get(name, 0.5)}" for name in SCORES)
    started = [
        module_services(
            module_kafka,
            windows=windows,
            cross_from=SHORT,
            drop_interval=2,
            targets=targets,
            scopes=",".join([*DIMENSIONS, AGENT]),
            agent_min_sample=10,
            privacy_key="a key for pseudonyms",
        )
        for _ in range(2)
    ]
    started.append(module_services(module_kafka, "text"))
    started.append(gateway)
    for each in started:
        asyncio.run(each.ready())
    prometheus = Prometheus(directory, [each.http for each in started])
    yield prometheus
    prometheus.end()


@contextmanager
def simulated(broker: str, directory: Path) -> Iterator[None]:
    """A contact centre's traffic with unreadable records in it: the last minutes at once, and then as it comes."""
    start = traffic.rfc3339(time.time() - 120)
    command = ["simulate", "--to", "broker", "--scenario", "bad-input", "--rate", "40", "--start", start]
    with (directory / "simulate.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "stream", *command], env=environment(broker),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait()


#: Where everything of our own happens.
PLACE = {"team": "north", "channel": "phone", "segment": "premium", "touchpoint": "billing"}
SAID = {"comment": "45 min d'attente", "agent_id": "own-agent"}


def own(number: int) -> Iterator[traffic.Event]:
    """What a short window of the simulated centre has too little of, whatever time of day it is; one team is tiny."""
    now = time.time()
    at = traffic.rfc3339(now)
    for kpi, score in (("nps", 9), ("enps", 10), ("csat", 4), ("ces", 6)):
        for place in range(6):
            yield traffic.answer(f"own-{kpi}-{number}-{place}", score - place % 3, at, kpi, **SAID, **PLACE)
    for place in range(3):
        yield from served(f"own-{number}-{place}", now)
    if number < 2:
        yield traffic.answer(f"own-tiny-{number}", 9, at, team="tiny")
    yield {"type": "customer_count", "customers": 1_000 + number, "occurred_at": at, "segment": "own", "team": "north"}
    yield {"type": "churn", "customer_id": f"own-{number}", "change": "lost", "occurred_at": at, "segment": "own",
           "team": "north"}  # fmt: skip


def served(name: str, now: float) -> Iterator[traffic.Event]:
    """A contact, an order, an invitation, and cases: one that falls due now, one that is closed now, one left open."""

    def happened(type_: str, age: float = 0, **fields: object) -> traffic.Event:
        return {"type": type_, "occurred_at": traffic.rfc3339(now - age), **PLACE, **fields}

    answer = {"first_response_at": traffic.rfc3339(now), "resolved": True}
    yield happened("contact", 3, contact_id=name, customer_id=name, issue="bill", **answer)
    yield happened("order", order_id=name, customer_id=name, amount="12.50", currency="EUR", kind="upsell")
    yield happened("invitation", invitation_id=name, kpi="nps", response_id=name)
    target = Settings.model_fields["case_target"].default
    for case, opened, closed in (("due", target, target - 60), ("closed", 60, 0), ("open", 0, None)):
        yield happened("case", opened, case_id=f"{name}-{case}", status="opened")
        if closed is not None:
            yield happened("case", closed, case_id=f"{name}-{case}", status="closed")


@asynccontextmanager
async def feeding(broker: str, gateway: Gateway) -> AsyncIterator[None]:
    """Sends events of our own all the time, one of each lot by the gateway."""
    stopped = asyncio.Event()

    async def feed() -> None:
        for number in count():
            first, *others = own(number)
            await produce(broker, traffic.records(others))
            async with aiohttp.ClientSession() as session:
                await gateway.post(session, first)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), 1)
            if stopped.is_set():
                return

    task = asyncio.create_task(feed())
    try:
        yield
    finally:
        # Not cancelled: a producer that is cancelled while it starts leaves its connections behind.
        stopped.set()
        await task


async def test_every_query_returns_data(
    prometheus: Prometheus, module_kafka: str, gateway: Gateway, directory: Path
) -> None:
    system = System(prometheus)
    await prometheus.ready()
    waiting = [
        (panel, target)
        for board in BOARDS.values()
        for panel in board["panels"]
        for target in panel.get("targets", ())
        if "feedback_fetch_" not in target["expr"]  # test_fetch.py looks at these, where there is an API to ask
    ]
    assert len(waiting) > 900

    async def returned() -> None:
        waiting[:] = [(panel, target) for panel, target in waiting if not await system.has_data(target)]
        missing = [f"{panel['title']}: {filled(target['expr'])}" for panel, target in waiting[::10]]
        assert not waiting, f"{len(waiting)} queries without data, such as\n" + "\n".join(missing[:8])

    async def explained() -> None:
        for chart in charts:
            assert await system.prometheus.now(filled(chart.explained)), chart.kpi

    # First, while nothing that is as usual comes in between.
    charts = [Chart.of(kpi, drops.WHOLE) for kpi in drops.WATCHED]
    await produce(module_kafka, traffic.records(worse(time.time())))
    await eventually(explained)
    with simulated(module_kafka, directory):
        async with feeding(module_kafka, gateway):
            await eventually(returned)
            await check_variables(system)
            await check_annotations(system)
            await check_states(system)
    await eventually(lambda: check_slices(system))


async def check_variables(system: System) -> None:
    """What a dashboard begins with is among the choices of its variables, and every list has choices."""
    found = 0
    for board in BOARDS.values():
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
                assert asked
                choices = await system.prometheus.values(asked[2], filled(asked[1], window=LONG, scope="all"))
                first = variable["current"]["value"]
                assert choices if first == "$__all" else first in choices, variable["name"]
                found += 1
    assert found > 20


async def check_annotations(system: System) -> None:
    (annotation,) = BOARDS["dashboards/feedback-experience.json"]["annotations"]["list"]
    found = await system.prometheus.now(annotation["expr"])
    assert [series["metric"]["alertname"] for series in found] == ["Always"]


async def check_states(system: System) -> None:
    """A withheld score is NaN, which panels put into words; where nobody answered there is nothing at all."""
    nps = Figure.of("nps", MEMBER)
    tiny = {"window": LONG, "scope": "team", "member": "tiny"}
    assert await system.value(nps.n, **tiny) == 2
    assert math.isnan(await system.value(nps.shown, **tiny) or 0)
    assert await system.value(nps.value, **tiny) is None
    assert await system.value(nps.shown, window=LONG, scope="team", member="nobody") is None
    shown = await system.value(nps.shown, window=LONG, scope="team", member="north")
    assert shown is not None
    assert -100 <= shown <= 100
    for member, verdicts in (("north", {"met", "missed", "not sure"}), ("tiny", {"no target"})):
        [judged] = await system.prometheus.now(filled(nps.judged, window=LONG, scope="team", member=member))
        assert judged["metric"]["target"] in verdicts


async def check_slices(system: System) -> None:
    """A score worked out in PromQL of the fields of all combinations is the service's own, with two workers as well."""
    for name in BREAKDOWNS:
        figure = Figure.of(BREAKDOWNS[name].name or KPIS[name].scores()[0].name, WHOLE)
        for formula, shown in ((BREAKDOWNS[name].score, figure.value), (BREAKDOWNS[name].n, figure.n)):
            difference = await system.value(f"({promql(name, formula)}) - on () max ({shown})", window=LONG)
            assert difference == pytest.approx(0, abs=1e-6), (name, formula)
