"""State that another version, or other settings, have saved: what is read as it is, and what is refused with why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import pytest

from stream.errors import ANEW, BrokerError
from stream.kpi.nps import Nps
from stream.layout import schemes
from stream.settings import Settings
from stream.table import POSITION_KEY, Table
from tests.unit.engines import START

KEY = b'["all","all",60,%d]' % START
SETTINGS = Settings(windows="1h/1m,24h/15m", scopes="channel", cross="")


@dataclass(frozen=True)
class Nps2(Nps):
    """A later NPS, which counts something that no older event could have."""

    appended: ClassVar[frozenset[str]] = frozenset({"novel"})

    novel: int = 0


@dataclass(frozen=True)
class Nps3(Nps2):
    """One whose new field older events could have had: zero would be wrong for them."""

    common: int = 0


def saved(settings: Settings = SETTINGS, kpi: type[Nps] = Nps, **change: Any) -> dict[bytes, bytes | None]:
    """Two promoters of the start as a table saves them, with changes to what the position says."""
    table = Table(kpi, schemes(settings, kpi=kpi))
    table.position, table.stream_time = 500, START + 30
    for advance in (60, 900):
        for scope in ("all", "phone"):
            member = ("all", "all") if scope == "all" else ("channel", scope)
            fields = [2] + [0] * (len(kpi.field_names()) - 1)
            table.grids[0].restore(advance, START, [(member, [499, *fields])])
    table.write_anew()
    log = dict(table.changes())
    position = orjson.loads(log[POSITION_KEY] or b"") | change
    return log | {POSITION_KEY: orjson.dumps(position)}


def read(log: Mapping[bytes, bytes | None], settings: Settings = SETTINGS, kpi: type[Nps] = Nps) -> Table:
    table = Table(kpi, schemes(settings, kpi=kpi))
    table.restore([*log.items()])
    return table


def test_what_was_saved_alike_is_read_without_a_word() -> None:
    table = read(saved())
    assert (table.position, table.keys, table.adapted) == (500, 4, [])


def test_windows_and_scopes_that_are_gone_are_passed_over() -> None:
    table = read(saved(), Settings(windows="30m/1m", scopes="", cross=""))
    assert table.keys == 1
    assert table.adapted == [
        "scope all is kept by 60 s for 1800 s, no longer for 3600 s",
        "scope all is no longer kept by 900 s",
        "scope channel is no longer kept",
    ]


def test_appended_fields_are_zero() -> None:
    table = read(saved(), kpi=Nps2)
    assert table.adapted == ["field novel is new, and zero in all that was counted before"]
    pane = table.grids[0].panes[60, START]
    assert pane.fields[0].tolist() == [2, 0, 0, 0, 0]


def test_once_saved_again_nothing_is_read_differently_any_more() -> None:
    before = saved()
    table = read(before, kpi=Nps2)
    after = before | dict(table.changes())

    assert len(orjson.loads(after[KEY] or b"")) == 1 + len(Nps.field_names()), "rows are not written for their format"
    again = read(after, kpi=Nps2)
    assert (again.adapted, again.keys) == ([], 4)


REFUSED = [
    ({"version": 99}, Nps, "its format is version 99, not 1"),
    ({"version": None}, Nps, "its format is version None"),
    ({"fields": ["up", "down"]}, Nps, "it has the fields up, down, not promoters, passives, detractors, skipped"),
    ({"definition": {"1-9": 7}}, Nps, "it was counted with {'1-9': 7}, not with None"),
    ({"sizes": {"all": {"60": 3600, "900": 86400}}}, Nps, "scope channel is not kept by 60 s"),
    ({"sizes": {"all": {"60": 1800}}}, Nps, "scope all is kept by 60 s for 1800 s, not for 3600 s"),
    ({"program": "0.0.7", "version": 0}, Nps, "written by feedback-stream 0.0.7,"),
    ({}, Nps3, "it has the fields promoters, passives, detractors, skipped, not promoters"),
]


@pytest.mark.parametrize(("change", "kpi", "said"), REFUSED, ids=[said for *_, said in REFUSED])
def test_the_rest_is_refused_with_why_and_what_to_do(change: dict[str, Any], kpi: type[Nps], said: str) -> None:
    position = saved(**change)[POSITION_KEY]
    with pytest.raises(BrokerError) as error:
        read({POSITION_KEY: position}, kpi=kpi)
    assert said in str(error.value)
    assert str(error.value).endswith(ANEW)


def test_a_newer_program_s_state_is_refused_by_an_older_one() -> None:
    with pytest.raises(BrokerError, match="it has the fields promoters, passives, detractors, skipped, novel, not"):
        read({POSITION_KEY: saved(kpi=Nps2)[POSITION_KEY]})
    with pytest.raises(BrokerError, match="holds 5 fields, but this program has 4"):
        read(saved(kpi=Nps2))


def test_all_that_differs_is_said_at_once() -> None:
    position = saved(version=0, definition=1)[POSITION_KEY]
    with pytest.raises(BrokerError, match="its format is version 0, not 1, and it was counted with 1, not with None"):
        read({POSITION_KEY: position})
