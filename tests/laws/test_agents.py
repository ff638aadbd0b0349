"""Agents by themselves: scores are those of a plain computation, by pseudonym, and withheld where answers are few."""

from base64 import urlsafe_b64encode
from collections import defaultdict
from hashlib import blake2b
from typing import NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.engine import Engine
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.privacy import Pseudonyms
from stream.render import as_json
from stream.score import Line, Scorer
from stream.settings import Settings
from stream.store import State
from stream.view import Score, View

KEY = "a key for pseudonyms"
LEAST = 10
SETTINGS = Settings(windows="24h/15m", scopes="team,agent", cross="", agent_min_sample=LEAST, privacy_key=KEY)
WITHOUT = SETTINGS.model_copy(update={"scopes": ["team"]})
NOW = 1_772_359_200


class Given(NamedTuple):
    """A version of an answer, on the scale from 1 to 5."""

    response: int
    kpi: str
    revision: int
    score: int
    agent: str | None
    deleted: bool

    def json(self) -> bytes:
        scale = {"scale": {"min": 1, "max": 7}} if self.kpi == "ces" else {}
        event = {
            "type": "survey_response",
            "response_id": f"r{self.response}",
            "kpi": self.kpi,
            "occurred_at": "2026-03-01T09:30:00Z",
            "score": None if self.deleted else self.score,
            "status": "deleted" if self.deleted else "answered",
            "revision": self.revision,
            "team": "north",
            **scale,
        }
        return orjson.dumps(event if self.agent is None else event | {"agent_id": self.agent})


AGENTS = ["anna@example.com", "bob", "", None]
VERSIONS = st.builds(
    Given, st.integers(0, 60), st.sampled_from(["nps", "csat", "ces", "enps"]), st.integers(0, 2), st.integers(1, 5),
    st.sampled_from(AGENTS), st.sampled_from([False] * 9 + [True]),
)  # fmt: skip


def pseudonym(agent: str | None) -> str:
    """Worked out once more, from what the documentation says."""
    if not agent:
        return "unknown"
    key = blake2b(KEY.encode()).digest()
    return urlsafe_b64encode(blake2b(f"agent\0{agent}".encode(), digest_size=16, key=key).digest()).decode()[:22]


def value(kpi: str, scores: list[int]) -> float:
    """By the definition of the KPI."""
    if kpi == "nps":
        return -100  # all of them are detractors
    if kpi == "csat":
        return sum(score >= 4 for score in scores) / len(scores)
    return sum(scores) / len(scores)


def expected(versions: list[Given]) -> dict[tuple[str, str], tuple[int, float | None]]:
    """Of each KPI and agent: how many answers, and the score where they are enough."""
    last: dict[tuple[int, str], Given] = {}
    for each in versions:
        known = last.get((each.response, each.kpi))
        if known is None or each.revision > known.revision:
            last[each.response, each.kpi] = each
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for each in last.values():
        if not each.deleted and each.kpi != "enps":
            found[each.kpi, pseudonym(each.agent)].append(each.score)
    return {
        place: (len(scores), value(place[0], scores) if len(scores) >= LEAST else None)
        for place, scores in found.items()
    }


def of_agents(scores: list[Score]) -> dict[tuple[str, str], Score]:
    return {(each.score, each.member): each for each in scores if each.scope == "agent" and each.score in KPIS}


@given(st.lists(VERSIONS, max_size=250))
def test_an_agents_score_is_that_of_the_agents_answers(versions: list[Given]) -> None:
    scorer = Scorer(SETTINGS, NOW)
    scorer.count(each.json() for each in versions)
    scores = scorer.report().scores
    shown = of_agents(scores)

    assert {
        place: (each.n, pytest.approx(each.estimate.value) if each.estimate else None) for place, each in shown.items()
    } == expected(versions)
    said = orjson.dumps([as_json(each, NOW) for each in scores])
    assert b"anna" not in said
    assert b"bob" not in said
    for each in shown.values():
        assert each.suppressed == (each.n < LEAST)
        assert bool(as_json(each, NOW)["fields"]) == (not each.suppressed)


@given(st.lists(VERSIONS, max_size=60), st.lists(VERSIONS, max_size=60))
def test_nothing_kept_names_an_agent(before: list[Given], after: list[Given]) -> None:
    state, index = State(SETTINGS), MemoryIndex()
    tables = state.of_source("feedback.surveys", 0)
    engine = Engine("feedback.surveys", tables, index, SETTINGS, pseudonyms=Pseudonyms(KEY.encode()))
    kept = b""
    for versions in (before, after):
        if versions:
            engine.process([Line(n, each.json()) for n, each in enumerate(versions, engine.position)], NOW)
        engine.settle()
        engine.identities.begin_save()
        kept += b"".join(key + (value or b"") for table in tables for key, value in table.changes())
        engine.identities.save(engine.position)
    kept += b"".join(key + entry for key, entry in index._entries.items())
    assert kept
    assert b"anna" not in kept
    assert b"bob" not in kept


@given(st.lists(VERSIONS, min_size=1, max_size=60), st.lists(VERSIONS, min_size=1, max_size=60))
def test_what_was_counted_with_the_scope_is_taken_back_without_it(before: list[Given], after: list[Given]) -> None:
    """The scope can be switched off at any time: tables and index stay as they are."""
    index = MemoryIndex()
    logs: dict[str, list[tuple[bytes, bytes | None]]] = {}
    scorer = Scorer(WITHOUT, NOW)
    scorer.count(each.json() for each in [*before, *after])
    whole = {(each.score, each.member): each for each in scorer.report().scores if each.scope == "team"}
    for settings, versions in ((SETTINGS, before), (WITHOUT, after)):
        state = State(settings)
        tables = state.of_source("feedback.surveys", 0)
        for table in tables:
            table.restore(logs.get(table.kpi.name, []))
        engine = Engine("feedback.surveys", tables, index, settings, pseudonyms=Pseudonyms(KEY.encode()))
        engine.process([Line(n, each.json()) for n, each in enumerate(versions, engine.position)], NOW)
        engine.settle()
        engine.identities.begin_save()
        logs = {table.kpi.name: [*logs.get(table.kpi.name, []), *table.changes()] for table in tables}
        engine.identities.save(engine.position)
    view = View(WITHOUT, state)
    scores = view.scores(view.snapshot(scorer.report().as_of))
    assert {(each.score, each.member): each for each in scores if each.scope == "team"} == whole
