"""What the board asks for: the catalogue, the past of a window, what moved, the feed, and the board's own files."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from stream.assets import board
from stream.catalogue import catalogue
from stream.history import Move, beyond_chance, slice_size, window_before
from stream.kpi import SCORES
from stream.kpi.nps import Nps
from stream.settings import Settings
from stream.view import scores_of
from stream.web import NO_VIEW
from stream.windows import Window
from tests.board.stage import NOW, Stage
from tests.unit.engines import START, survey

SURVEYS = "feedback.surveys"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage(windows="1h/1m,24h/15m", min_sample=2) as stage:
        yield stage


async def get(stage: Stage, path: str, **headers: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(stage.url + path, headers=headers) as answer:
        return answer.status, await answer.json()


def answers(stage: Stage, name: str, scores: list[int], ago: float, **fields: Any) -> None:
    """Count answers of one moment, `ago` seconds before now."""
    at = stage.clock.at - START - ago
    stage.count(SURVEYS, *(survey(f"{name}{n}", score, at, **fields) for n, score in enumerate(scores)))


def test_the_catalogue_has_every_score_with_what_a_page_needs() -> None:
    said = catalogue(Settings(targets="nps:40", scopes="team"))
    assert [score["name"] for score in said["scores"]] == list(SCORES)
    assert {score["name"]: score["target"] for score in said["scores"] if score["target"] is not None} == {"nps": 40}
    assert (said["scopes"], said["min_samples"]) == (["all", "team"], {"all": 5, "team": 5})
    assert [score["kpi"] for score in said["scores"] if score["headline"]] == list(
        dict.fromkeys(score["kpi"] for score in said["scores"])
    )
    json.dumps(said)


async def test_each_slice_of_a_line_is_exact_about_its_own_time(stage: Stage) -> None:
    answers(stage, "a", [9, 9, 0, 0], ago=3_500)
    answers(stage, "b", [9, 9], ago=1_750)
    answers(stage, "c", [9], ago=1_000)  # too few
    answers(stage, "d", [0, 0], ago=10)
    status, said = await get(stage, "/api/trend?window=1h&kpi=nps")
    assert (status, said["step"], said["start"]) == (200, 120, "2026-03-04T14:00:00Z")
    (line,) = said["series"]
    assert (line["kpi"], line["scope"], line["member"], len(line["values"])) == ("nps", "all", "all", 30)
    assert {place: value for place, value in enumerate(line["values"]) if value is not None} == {
        0: 0.0, 15: 100.0, 29: -100.0,
    }  # fmt: skip


async def test_lines_are_of_the_members_with_the_most_answers(stage: Stage) -> None:
    for number in range(60):
        answers(stage, f"t{number}-", [9] * (2 + number // 10), ago=10, team=f"team-{number:02}")
    _, said = await get(stage, "/api/trend?window=1h&scope=team&kpi=nps")
    assert {line["member"] for line in said["series"]} == {f"team-{number:02}" for number in range(10, 60)}
    _, said = await get(stage, "/api/trend?window=1h&scope=team&member=team-11")
    assert {line["member"] for line in said["series"]} == {"team-11"}


async def test_what_was_worked_out_serves_others_for_a_while(stage: Stage) -> None:
    answers(stage, "a", [9, 9], ago=10)
    _, before = await get(stage, "/api/trend?window=1h")
    answers(stage, "b", [0, 0], ago=10)
    stage.clock.at += 4
    assert await get(stage, "/api/trend?window=1h") == (200, before)
    stage.clock.at += 4
    assert await get(stage, "/api/trend?window=1h") != (200, before)


async def test_a_drop_of_one_channel_is_a_move(stage: Stage) -> None:
    answers(stage, "p", [9] * 60, ago=2 * 3600 - 60, channel="phone")
    answers(stage, "q", [9] * 60, ago=2 * 3600 - 60, channel="chat")
    answers(stage, "r", [0] * 60, ago=60, channel="phone")
    answers(stage, "s", [9] * 60, ago=60, channel="chat")
    answers(stage, "old", [9], ago=3 * 3600)
    _, said = await get(stage, "/api/moves?window=1h&scope=channel")
    assert said["before"] == ["2026-03-04T13:00:00Z", "2026-03-04T14:00:00Z"]
    (move,) = said["moves"]
    assert (move["kpi"], move["scope"], move["member"]) == ("nps", "channel", "phone")
    assert (move["value"], move["before"], move["change"], move["n"], move["n_before"]) == (-100, 100, -200, 60, 60)
    assert -200 <= move["lower"] < move["upper"] < -150
    _, said = await get(stage, "/api/moves?window=1h")
    assert ("channel", "phone") in {(move["scope"], move["member"]) for move in said["moves"]}


async def test_agents_are_among_the_moves_only_where_they_are_asked_for() -> None:
    async with Stage(windows="1h/1m,24h/15m", scopes="agent", privacy_key="a key for pseudonyms") as stage:
        answers(stage, "q", [9] * 60, ago=2 * 3600 - 60, agent_id="anna")
        answers(stage, "r", [0] * 60, ago=60, agent_id="anna")
        answers(stage, "old", [9], ago=3 * 3600)
        for query, scopes in (("", {"all"}), ("&scope=agent", {"agent"})):
            _, said = await get(stage, f"/api/moves?window=1h{query}")
            assert {move["scope"] for move in said["moves"]} == scopes


async def test_where_counting_began_too_late_nothing_is_compared(stage: Stage) -> None:
    answers(stage, "p", [9] * 60, ago=3600 + 60)
    answers(stage, "q", [0] * 60, ago=60)
    assert await get(stage, "/api/moves?window=1h") == (200, {"window": "1h", "before": None, "moves": []})


async def test_the_longest_window_has_none_before_it(stage: Stage) -> None:
    assert await get(stage, "/api/moves?window=24h") == (200, {"window": "24h", "before": None, "moves": []})


@pytest.mark.parametrize("at", [NOW, NOW + 1, NOW + 899])
def test_the_window_before_never_overlaps(at: float) -> None:
    windows = Settings().windows
    for window in windows[:-1]:
        found = window_before(window, windows, at)
        assert found is not None
        before, end = found
        start, _ = window.bounds(at)
        assert before.bounds(end) == (end - window.size, end)
        assert 0 <= start - end < before.advance
    assert window_before(windows[-1], windows, at) is None


def test_a_move_has_the_interval_of_a_difference() -> None:
    """With equal shares and samples, about √2 times as wide as either."""
    now, before = (next(scores_of(fields, "1h", ("all", "all"), 5)) for fields in (Nps(500, 0, 500), Nps(600, 0, 400)))
    move = Move.between(now, before)
    assert move is not None
    assert move.change.value == pytest.approx(-20)
    assert move.change.lower == pytest.approx(-20 - 1.96 * 100 * (2 / 1000) ** 0.5, abs=0.2)
    assert move.change.upper == pytest.approx(-20 + 1.96 * 100 * (2 / 1000) ** 0.5, abs=0.2)
    assert move.chance == pytest.approx(7e-6, rel=0.3)
    same = Move.between(now, now)
    assert same is not None
    assert same.chance == pytest.approx(1)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("trend?window=2h", "window must be one of 1h, 24h; got '2h'"),
        ("moves?scope=shop", "scope must be one of all, channel, touchpoint, segment, team, survey; got 'shop'"),
    ],
)
async def test_what_there_is_not_is_named(stage: Stage, query: str, said: str) -> None:
    assert await get(stage, f"/api/{query}") == (400, {"error": said})


async def test_the_status_tells_of_the_feed(stage: Stage) -> None:
    answers(stage, "a", [9, 9], ago=0)
    stage.count(SURVEYS, b"{")
    stage.metrics.lag = dict
    _, said = await get(stage, "/api/status")
    assert (said["ready"], said["problem"], said["lag"]) == (True, "", None)
    assert (said["outcomes"], said["dead_letters"]) == ({"accepted": 2, "rejected": 1}, {"invalid_json": 1})
    assert said["last_event"] == {SURVEYS: "2026-03-04T15:00:00Z"}
    stage.unready = "not yet"
    assert ((await get(stage, "/api/status"))[1]["problem"]) == "not yet"


async def test_nothing_of_the_past_is_shown_before_it_is_whole() -> None:
    async with Stage(min_sample=1) as stage:
        stage.unready = "not yet"
        answers(stage, "a", [9], ago=10)
        assert (await get(stage, "/api/trend?window=1h"))[1]["series"] == []
        stage.unready = ""
        assert (await get(stage, "/api/trend?window=1h"))[1]["series"] != []


# The board's files


async def test_files_are_sent_once_compressed_and_with_a_policy(stage: Stage) -> None:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        for name in ("", *(f"board/{name}" for name in board())):
            async with session.get(f"{stage.url}/{name}", headers={"Accept-Encoding": "gzip"}) as answer:
                assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                body, mark = gzip.decompress(await answer.read()), answer.headers["ETag"]
            async with session.get(f"{stage.url}/{name}", headers={"Accept-Encoding": "identity"}) as answer:
                assert await answer.read() == body
            async with session.get(f"{stage.url}/{name}", headers={"If-None-Match": mark}) as answer:
                assert (answer.status, await answer.read()) == (304, b"")
        async with session.get(f"{stage.url}/board/..%2fweb.py") as answer:
            assert answer.status == 404


def test_the_board_asks_nobody_else() -> None:
    for name, asset in board().items():
        text = asset.body.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//\w+\.\w", text), name


def test_both_languages_have_every_word() -> None:
    def shape(words: Any) -> Any:
        return {key: shape(word) for key, word in words.items()} if isinstance(words, dict) else _gaps(words)

    tables = json.loads(board()["messages.json"].body)
    problems = {language: words.pop("problems") for language, words in tables.items()}
    assert shape(tables["en"]) == shape(tables["fr"])
    assert problems["en"] == {}
    worker = (Path(__file__).parents[2] / "stream" / "worker.py").read_text(encoding="utf-8")
    not_ready = worker[worker.index("def not_ready") : worker.index("def _opened")]
    assert {*re.findall(r'return "(.+)"', not_ready), NO_VIEW} == set(problems["fr"])
    used = set(re.findall(r'(?:say\(|data-say=)"(\w+)"', b"".join(asset.body for asset in board().values()).decode()))
    assert used <= set(tables["en"])


def _gaps(words: Any) -> Any:
    return sorted(re.findall(r"\{\w+\}", words)) if isinstance(words, str) else list(map(_gaps, words))


def test_a_window_that_cannot_be_cut_is_one_slice() -> None:
    assert slice_size(Window.parse("31s/1s")) == 31


def test_chance_alone_rarely_moves_anything() -> None:
    """2000 looks at 20 members who answer as before: at most one look in twenty names any of them."""
    rng = np.random.default_rng(1)
    named = 0
    for _ in range(2_000):
        draws = rng.multinomial(rng.integers(20, 500, size=(20, 1)).repeat(2, axis=1), [0.5, 0.3, 0.2])
        pairs = [[next(scores_of(Nps(*map(int, draw)), "1h", ("team", "t"), 5)) for draw in pair] for pair in draws]
        found = [move for now, before in pairs if (move := Move.between(now, before)) is not None]
        assert len(found) == 20
        named += any(beyond_chance(found))
    assert named / 2_000 < 0.06  # 5 %, and what 2000 looks can tell
