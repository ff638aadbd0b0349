"""The command line in this process, and a broker to run it against."""

import asyncio
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple, NoReturn

import pytest

from stream.brokers.embedded import EmbeddedBroker
from stream.brokers.process import BrokerMissingError
from stream.cli import main


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


Cli = Callable[..., Ran]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run a command here: `cli("score", "-", stdin=b"…", min_sample=1)`; settings are those named and no others."""
    for name in [name for name in os.environ if name.startswith("FEEDBACK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, stdin: bytes = b"", **settings: object) -> Ran:
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(f"FEEDBACK_{name.upper()}", str(value))
            patch.setattr(sys, "argv", ["feedback-stream", *arguments])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            capfd.readouterr()
            status: object = 0
            try:
                main()
            except SystemExit as end:
                status = end.code or 0
        assert isinstance(status, int)
        return Ran(status, *capfd.readouterr())

    return run


@pytest.fixture
def broker(lacks: Callable[[str, str], NoReturn]) -> Iterator[str]:
    """The address of an embedded broker with nothing in it."""
    embedded = EmbeddedBroker()
    try:
        missing = asyncio.run(_start(embedded))
        if missing:
            lacks("the embedded broker", missing)
        yield embedded.bootstrap
    finally:
        asyncio.run(embedded.close())


async def _start(broker: EmbeddedBroker) -> str:
    try:
        await broker.start()
    except BrokerMissingError as error:
        return str(error)
    return ""
