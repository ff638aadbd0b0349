"""`top`: what a running service shows, once into a pipe and again and again in a terminal."""

import asyncio
import io
from typing import Any

import pytest
from rich.console import Console

from stream.cli.top import service, watch
from stream.cli.top_page import page
from stream.errors import FeedbackError, SettingsError
from stream.settings import Settings
from tests.board.stage import Stage

from .conftest import Cli

_SESAME = "open sesame"


class Terminal(Console):
    """A console that keeps what is drawn."""

    def __init__(self, *, live: bool) -> None:
        super().__init__(file=io.StringIO(), force_terminal=live, width=160, height=60, color_system=None)

    def said(self) -> str:
        assert isinstance(self.file, io.StringIO)
        return self.file.getvalue()


async def look(stage: Stage, scope: str = "all", **login: Any) -> str:
    terminal = Terminal(live=False)
    async with service(Settings(**login), stage.url) as asked:
        await watch(terminal, asked, scope, asyncio.Event())
    return terminal.said()


async def test_into_a_pipe_it_prints_one_table() -> None:
    async with Stage() as stage:
        stage.play(hours=3, rate=2)
        stage.raise_alert()
        said = await look(stage)
        async with service(Settings(), stage.url) as asked:
            shown = await asked.look("all")
        nps = next(row for row in shown.scores if row["kpi"] == "nps" and row["window"] == "1h")
        asked_for = {row["kpi"] for row in shown.scores}
        assert len(asked_for) > 10
        assert all(score["title"] in said for score in shown.catalogue["scores"] if score["name"] in asked_for)
        assert f"{nps['n']:,}  {nps['value']:.1f} ▼" in said
        assert f"{nps['lower']:.1f} … {nps['upper']:.1f}" in said
        assert "NPS of all is 21.3 points below its usual 30.2" in said
        assert "records counted" in said
        assert f"{stage.url}/metrics" in said
        assert "Net Promoter Score phone" in await look(stage, "channel")


async def test_a_small_terminal_shows_what_matters_first() -> None:
    async with Stage() as stage, service(Settings(), stage.url) as asked:
        stage.play(hours=3, rate=2)
        stage.raise_alert()
        stage.raise_alert(scope="team", member="lyon-1")
        shown = await asked.look("all")
    terminal = Terminal(live=False)
    terminal.print(page(shown, 120, 24))
    first = "\n".join(terminal.said().splitlines()[:24])
    for said in (
        f"{stage.url}/metrics",
        "Ctrl-C",
        "NPS of all is 21.3",
        "1 more, of single members",
        "Net Promoter Score",
    ):
        assert said in first
    assert "lyon-1" not in terminal.said()
    assert "Easy answers" not in terminal.said()
    terminal.print(page(shown, 120, 200))
    assert "Easy answers" in terminal.said()


async def test_before_there_are_answers_it_says_so() -> None:
    async with Stage() as stage:
        assert "no answers yet" in await look(stage)


async def test_a_scope_that_there_is_not_is_named() -> None:
    async with Stage() as stage:
        with pytest.raises(SettingsError, match=r"scope must be one of all, channel, .*; got 'shop'"):
            await look(stage, "shop")


async def test_in_a_terminal_it_goes_on_when_the_service_comes_back() -> None:
    stopped = asyncio.Event()
    terminal = Terminal(live=True)
    async with Stage() as stage, service(Settings(), stage.url) as asked:
        watching = asyncio.create_task(watch(terminal, asked, "all", stopped))
        await _until(lambda: "no answers yet" in terminal.said())
        await stage.web.stop()
        await _until(lambda: "trying again" in terminal.said())
        stopped.set()
        await watching
    assert "Ctrl-C ends it" in terminal.said()


async def _until(holds: Any) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  what is drawn sets no event
            await asyncio.sleep(0.02)


async def test_it_logs_in_as_the_settings_say() -> None:
    async with Stage(http_token=_SESAME) as stage:
        assert "no answers yet" in await look(stage, http_token=_SESAME)
        with pytest.raises(FeedbackError, match="asks for a login: set FEEDBACK_HTTP_USER"):
            await look(stage)


def test_where_nobody_answers_it_says_what_to_do(cli: Cli) -> None:
    said = cli("top", "--url", "http://127.0.0.1:9")
    assert said.status == 1
    (line,) = said.err.splitlines()
    assert line.startswith("error: no service answers at http://127.0.0.1:9 (")
    assert line.endswith("start one with `worker`, or give its address with --url")
