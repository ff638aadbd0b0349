"""The scope of agents, seen from the outside: off by default, pseudonyms only, a larger sample, one key."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from stream.detractors import opening
from stream.engine import Engine
from stream.errors import BrokerError
from stream.events.case import Case
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.layout import schemes
from stream.privacy import Pseudonyms
from stream.score_metrics import ScoreMetrics
from stream.settings import Settings
from stream.store import State
from stream.table import Table
from stream.view import View
from tests.unit.engines import NOW, SURVEYS, feed, survey

KEY = "a key of the first kind"


def settings_of(**changed: Any) -> Settings:
    own = {"windows": "1h/1m", "scopes": "channel,agent", "cross": "", "privacy_key": KEY}
    return Settings(**own | changed)


def engine_of(settings: Settings, state: State) -> Engine:
    tables = state.of_source(SURVEYS, 0)
    return Engine(SURVEYS, tables, MemoryIndex(), settings, pseudonyms=Pseudonyms.from_settings(settings))


def answers(number: int, score: int = 9, **fields: Any) -> list[bytes]:
    return [survey(f"{fields}{each}", score, 3_000, **fields) for each in range(number)]


def metrics_of(settings: Settings, *values: bytes) -> str:
    """The scores' metrics page after these answers."""
    state = State(settings)
    feed(engine_of(settings, state), *values)
    view = View(settings, state)
    registry = CollectorRegistry()
    registry.register(ScoreMetrics(lambda: (list(view.scores(view.snapshot(NOW))), []), []))
    return generate_latest(registry).decode()


def test_agents_have_a_minimum_of_their_own() -> None:
    page = metrics_of(settings_of(), *answers(30, agent_id="anna"), *answers(29, agent_id="bob", channel="phone"))
    anna, bob = map(Pseudonyms(KEY.encode()).of_agent, ("anna", "bob"))
    assert f'feedback_nps_score{{member="{anna}",scope="agent",window="1h"}} 100.0' in page
    assert f'feedback_nps_sample_size{{member="{bob}",scope="agent",window="1h"}} 29.0' in page
    assert [line for line in page.splitlines() if bob in line and "sample_size" not in line] == []
    assert 'feedback_nps_score{member="phone",scope="channel",window="1h"} 100.0' in page
    assert "anna" not in page
    assert "bob" not in page


def test_the_minimum_is_never_less_than_that_of_all() -> None:
    assert settings_of(min_sample=50).least("agent") == 50
    assert settings_of().least("channel") == 5


def test_off_is_the_default_and_then_nothing_knows_agents() -> None:
    assert "agent" not in Settings().scopes
    page = metrics_of(settings_of(scopes="channel"), *answers(40, agent_id="anna"))
    assert "agent" not in page
    assert Pseudonyms(KEY.encode()).of_agent("anna") not in page
    schemes_ = [scheme for kpi in KPIS.values() for scheme in schemes(settings_of(), kpi=kpi)]
    assert {kpi.name for kpi in KPIS.values() if "agent" in schemes(settings_of(), kpi=kpi)[0].names} == {
        "nps", "csat", "ces",
    }  # fmt: skip
    assert all(5 not in group for scheme in schemes_ if "agent" not in scheme.names for group in scheme.groups)


def test_an_employees_answer_is_counted_for_no_agent_nor_kept_for_one() -> None:
    settings, index = settings_of(), MemoryIndex()
    tables = State(settings).of_source(SURVEYS, 0)
    engine = Engine(SURVEYS, tables, index, settings, pseudonyms=Pseudonyms.from_settings(settings))
    feed(engine, survey("r1", 2, kpi="enps", agent_id="anna"))
    engine.identities.begin_save()
    engine.identities.save(1)
    anna = Pseudonyms.from_settings(settings).of_agent("anna")
    assert anna.encode() not in b"".join(index._entries.values())


def test_tables_of_another_key_are_refused() -> None:
    first = Table(KPIS["nps"], schemes(settings_of(), kpi=KPIS["nps"]))
    log = [*first.changes()]
    for settings in (settings_of(), settings_of(scopes="channel", privacy_key="")):
        again = Table(KPIS["nps"], schemes(settings, kpi=KPIS["nps"]))
        again.restore(log)  # the same key, or no agents any more
    other = Table(KPIS["nps"], schemes(settings_of(privacy_key="a key of another kind"), kpi=KPIS["nps"]))
    with pytest.raises(BrokerError, match="pseudonyms of another key"):
        other.restore(log[-1:])  # the position


def test_a_case_that_is_opened_names_no_agent() -> None:
    settings = settings_of(open_cases=True)
    engine = engine_of(settings, State(settings))
    feed(engine, survey("r1", 2, agent_id="anna", channel="phone"))
    (detractor,) = engine.detractors
    value = opening(detractor)[1]
    assert Case.read(value).channel == "phone"
    assert b"anna" not in value
    assert Pseudonyms.from_settings(settings).of_agent("anna").encode() not in value


def test_agents_beyond_the_bound_are_others() -> None:
    values = [survey(f"r{each}", 9, 3_000, agent_id=f"a{each % 3}") for each in range(120)]
    page = metrics_of(settings_of(max_members=2), *values)
    assert 'feedback_nps_sample_size{member="other",scope="agent",window="1h"} 40.0' in page


def test_a_customer_of_the_same_name_has_another_pseudonym() -> None:
    pseudonyms = Pseudonyms(KEY.encode())
    assert pseudonyms.of_agent("anna") != pseudonyms.of("anna")
    assert pseudonyms.of_agent("anna") != Pseudonyms(b"a key of another kind").of_agent("anna")
