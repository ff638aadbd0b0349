"""The ten minutes of docs/getting-started.md, by its own commands, while the demo that it starts is running."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import aiohttp
import pytest

from stream.brokers.ports import LOOPBACK, free_ports

from .harness import eventually
from .pages import REPOSITORY, commands, own_environment, running, with_curl

PAGE = "docs/getting-started.md"
BLOCKS = commands(PAGE)
#: The drop began some time ago, so that nobody has to wait for it; the page says how. And there is less of everything.
SOONER = "--onset=-20m"
SHORTER = {"nps-drop": f"nps-drop {SOONER}", "--rate 20": "--rate 5"}
#: Four hours of a contact centre are played before the first command answers.
LONG_S = 300.0

Lacks = Callable[[str, str], NoReturn]


def test_every_block_is_run() -> None:
    """The last heading's are run by tests/test_printed.py, which compares what they print."""
    counts = {heading.partition(".")[0]: len(blocks) for heading, blocks in BLOCKS.items()}
    assert counts == {"1": 1, "3": 2, "4": 4, "5": 1, "6": 1}
    assert (REPOSITORY / PAGE).read_text(encoding="utf-8").count("```sh") == sum(counts.values())


@pytest.mark.usefixtures("embedded")
def test_a_newcomer_sees_the_drop_and_events_of_their_own(place: Path, lacks: Lacks) -> None:
    for program in ("make", "grep"):
        if shutil.which(program) is None:
            lacks("getting started", f"{program} is not installed")
    http, kafka = (f"{LOOPBACK}:{port}" for port in free_ports(2))
    by_number = {
        heading.partition(".")[0]: [with_curl(_there(block, http, kafka)) for block in blocks]
        for heading, blocks in BLOCKS.items()
    }
    (start,) = by_number["1"]
    assert f"`{SOONER}`" in (REPOSITORY / PAGE).read_text(encoding="utf-8")
    assert kafka.rpartition(":")[2] in start
    send, ask, correct, ask_again = by_number["4"]
    script = [*by_number["3"], send, _until(ask, '"n":5,'), ask, correct, _until(ask, '"value":60.0,'), ask_again]
    env = own_environment(http=http)
    for long, short in SHORTER.items():
        assert long in start
        start = start.replace(long, short)
    with running(start, place, env, "demo"):
        asyncio.run(_ready(http))
        with running("\n".join([*script, *by_number["5"]]), place, env, deadline_s=LONG_S) as ended:
            status, output = ended()
    assert status == 0, output
    alerts, metrics, *rest = output.splitlines()
    raised = json.loads(alerts)["alerts"]
    assert any("NPS of all is" in alert["sentence"] for alert in raised)
    assert metrics.startswith("feedback_nps_")
    scores = [json.loads(line)["scores"] for line in rest if line.startswith('{"scores"')]
    assert [[(score["value"], score["n"]) for score in each] for each in scores] == [[(40.0, 5)], [(60.0, 5)]]
    assert any("fractional_score" in line and line.split()[0] != "{" for line in rest)
    assert json.loads(rest[-1])["value"].startswith('{"type":"survey_response","response_id":"mine-6"')


def _there(block: str, http: str, kafka: str) -> str:
    """A block with the addresses that are free here."""
    port = kafka.rpartition(":")[2]
    return block.replace("127.0.0.1:8420", http).replace("127.0.0.1:19092", kafka).replace("19092", port)


def _until(ask: str, said: str) -> str:
    """What a person does who sees nothing yet: to ask again."""
    return f"until {{ {ask.strip()}; }} | grep -q '{said}'; do sleep 0.2; done"


async def _ready(http: str) -> None:
    async def asked() -> None:
        async with aiohttp.ClientSession() as session, session.get(f"http://{http}/readyz") as answer:
            assert answer.status == 200

    await eventually(asked, LONG_S)
