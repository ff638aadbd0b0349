"""How many webhooks the gateway takes, how soon it answers, and whether any is lost: `python -m benchmarks.gateway`."""

import asyncio
import base64
import gc
import hmac
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import aiohttp
import orjson
import typer
import uvloop
from aiokafka import AIOKafkaConsumer

from benchmarks.gateway_load import Load, Outcome, Request
from stream.brokers.kafka import KAFKA_VERSION, KafkaBroker
from stream.brokers.ports import LOOPBACK, free_ports
from stream.events.times import isoformat

FILE = Path(__file__).with_name("gateway.md")
_SECRET = "of-the-benchmark"  # noqa: S105  of a gateway that lives as long as the benchmark
_TICKS = os.sysconf("SC_CLK_TCK")


class Row(NamedTuple):
    """A line of the table."""

    what: str
    rate: float
    outcome: Outcome
    cpu: float
    missing: int


class Gateway:
    """The gateway as a process that can be killed and started again."""

    def __init__(self, broker: str) -> None:
        self.address = (LOOPBACK, free_ports(1)[0])
        self._environment = os.environ | {
            "FEEDBACK_BROKER": broker,
            "FEEDBACK_GATEWAY_HTTP": f"{LOOPBACK}:{self.address[1]}",
            "FEEDBACK_GATEWAY_RATE": "1000000",
            "FEEDBACK_GATEWAY_TYPEFORM_SECRETS": _SECRET,
            "FEEDBACK_GATEWAY_EVENTS_SECRETS": _SECRET,
            "FEEDBACK_LOG_LEVEL": "error",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Start it."""
        self._process = subprocess.Popen([sys.executable, "-m", "stream", "gateway"], env=self._environment)

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.spawn()
        url = f"http://{self.address[0]}:{self.address[1]}/readyz"
        async with aiohttp.ClientSession() as session, asyncio.timeout(60):
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(url) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


#: More than can be answered a second, where nothing else limits it.
_ENOUGH = 8_000


def webhooks(run: str, count: int) -> list[Request]:
    """Typeform's deliveries, signed, some 700 bytes each."""
    secret = _SECRET.encode()

    def body(number: int) -> bytes:
        return orjson.dumps(
            {
                "event_id": f"{run}-{number}",
                "event_type": "form_response",
                "form_response": {
                    "form_id": "lT4Z3j", "token": f"{run}-{number}", "submitted_at": isoformat(int(time.time())),
                    "hidden": {"user_id": f"C-{number}", "channel": "chat"},
                    "definition": {
                        "fields": [
                            {"id": "NRsxU591jIW9", "ref": "nps", "type": "opinion_scale", "title": "How likely …?"},
                            {"id": "DlXFaesGBpoF", "ref": "why", "type": "long_text", "title": "Why?"},
                        ]
                    },
                    "answers": [
                        {"type": "number", "number": number % 11, "field": {"ref": "nps", "type": "opinion_scale"}},
                        {"type": "text", "text": "Fast and friendly", "field": {"ref": "why", "type": "long_text"}},
                    ],
                },
            }
        )  # fmt: skip

    def headers(content: bytes) -> str:
        signature = base64.b64encode(hmac.digest(secret, content, "sha256")).decode()
        return f"Content-Type: application/json\r\nTypeform-Signature: sha256={signature}\r\n"

    return [_request("/in/typeform", headers, body, run, number) for number in range(count)]


def canonical(run: str, count: int) -> list[Request]:
    """Our own events, with a token, some 200 bytes each."""

    def body(number: int) -> bytes:
        at = isoformat(int(time.time()))
        return orjson.dumps(
            {"response_id": f"{run}-{number}", "kpi": "nps", "occurred_at": at, "score": number % 11, "channel": "chat"}
        )

    token = f"Authorization: Bearer {_SECRET.replace(' ', '-')}\r\nContent-Type: application/json\r\n"
    return [_request("/in/events", lambda _: token, body, run, number) for number in range(count)]


def _request(
    path: str, headers: Callable[[bytes], str], body: Callable[[int], bytes], run: str, number: int
) -> Request:
    content = body(number)
    head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\n{headers(content)}Content-Length: {len(content)}\r\n\r\n"
    return Request(f"{run}-{number}", head.encode() + content)


def main(
    rate: Annotated[float, typer.Option(help="Deliveries a second.")] = 2_000,
    seconds: Annotated[float, typer.Option(help="Of each measurement.")] = 30,
    quick: Annotated[bool, typer.Option(help="Five seconds each, and no gateway.md.")] = False,
) -> None:
    """Measure, print a table, and write `benchmarks/gateway.md`."""
    rows = uvloop.run(_measure(rate, 5 if quick else seconds))
    text = _table(rows)
    print(text)
    if not quick:
        FILE.write_text(_page(text, " ".join(["python -m benchmarks.gateway", *sys.argv[1:]])), encoding="utf-8")
    if any(row.missing for row in rows):
        raise SystemExit(1)


async def _measure(rate: float, seconds: float) -> list[Row]:
    rows = []
    async with _kafka() as kafka:
        gateway = Gateway(kafka.bootstrap)
        await gateway.start()
        try:
            await Load(gateway.address, webhooks("warm", 6_000), 0).run(5)
            for what, made, each in (
                ("signed webhooks", webhooks, rate),
                ("own events", canonical, rate),
                ("signed webhooks, as fast as answered", webhooks, 0),
            ):
                rows.append(await _run(what, gateway, kafka, made, each, seconds))
            faults = asyncio.create_task(_faults(gateway, kafka, seconds))
            row = await _run("gateway killed, Kafka restarted", gateway, kafka, webhooks, rate, 2 * seconds)
            await faults
            rows.append(row)
        finally:
            gateway.kill()
    return rows


async def _run(
    what: str,
    gateway: Gateway,
    kafka: KafkaBroker,
    made: Callable[[str, int], list[Request]],
    rate: float,
    seconds: float,
) -> Row:
    run = f"{what[:3]}{time.time_ns()}"
    load = Load(gateway.address, made(run, int((rate or _ENOUGH) * seconds)), rate)
    gc.collect()
    gc.disable()  # a pause of the load would look like one of the gateway
    cpu = gateway.cpu
    outcome = await load.run(seconds)
    used = gateway.cpu - cpu
    gc.enable()
    there = await _ids(kafka.bootstrap, run)
    return Row(what, rate, outcome, used, len(set(outcome.acknowledged) - there))


async def _faults(gateway: Gateway, kafka: KafkaBroker, seconds: float) -> None:
    """Kill the gateway after a quarter of the time, restart Kafka at its half."""
    await asyncio.sleep(seconds / 2)
    gateway.kill()
    await gateway.start()
    await asyncio.sleep(seconds / 2)
    await kafka.restart()


@asynccontextmanager
async def _kafka() -> AsyncIterator[KafkaBroker]:
    with tempfile.TemporaryDirectory() as directory:
        broker = KafkaBroker(heap_mb=512, directory=Path(directory))
        async with broker:
            yield broker


async def _ids(bootstrap: str, run: str) -> set[str]:
    """The ids of a run that are in Kafka."""
    found: set[str] = set()
    consumer = AIOKafkaConsumer("feedback.surveys", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                ids = (orjson.loads(record.value)["response_id"].rpartition(":")[2] for record in batch)
                found.update(id_ for id_ in ids if id_.startswith(run))
    return found


def _table(rows: list[Row]) -> str:
    head = ["", "asked for a second", "answered a second", "p50", "p99", "p99.9", "CPU", "other answers", "missing"]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * 8}"]
    for row in rows:
        done, cells = row.outcome, [row.what, f"{row.rate:,.0f}" if row.rate else "–"]
        cells.append(f"{len(done.acknowledged) / done.seconds:,.0f}")
        whole = row.cpu > 0  # else it was killed: waiting for it says nothing of it
        cells += [f"{done.quantile(q) * 1_000:.1f} ms" if whole else "–" for q in (0.5, 0.99, 0.999)]
        others = ", ".join(f"{n:,} × {s or 'broken'}" for s, n in sorted(done.statuses.items()) if s != 200)
        cells += [f"{100 * row.cpu / done.seconds:.0f} %" if whole else "–", others or "0", f"{row.missing:,}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _page(table: str, command: str) -> str:
    return f"""\
# The gateway, measured

Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}; do not edit.

{table}
Each latency is from when a delivery was due until Kafka's acknowledgement was passed on, so waiting for a connection
counts. CPU is the gateway's, of one core. Missing are deliveries that were acknowledged and are not in Kafka.

- One gateway, one Apache Kafka {KAFKA_VERSION} and the load on the same {os.cpu_count()} cores; {platform.machine()}
- Survey answers: Typeform's webhook of 700 bytes, signed; our own events of 150 bytes, with a token; 64 connections
- In the last line the gateway is killed by SIGKILL and started again, later Kafka is stopped and started again;
  what is refused or broken meanwhile is for the sender to send again
"""


if __name__ == "__main__":
    typer.run(main)
