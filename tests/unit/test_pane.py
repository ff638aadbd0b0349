"""A pane at rest: less memory, and nothing else that anybody could see."""

from stream.kpi.nps import Nps
from stream.layout import schemes
from stream.table import Table
from tests.laws.worlds import count
from tests.unit.test_panes import LONG, SETTINGS, SHORT, promoter, shown


def crowd() -> Table:
    """Many members with an answer in the first pane, of whom one has another in the second."""
    table = Table(Nps, schemes(SETTINGS.model_copy(update={"max_members": 1_000, "max_crosses": 1_000}), 1_000))
    history = [*(promoter(5, f"channel {number}") for number in range(400)), promoter(15, "channel 7")]
    count(table, history, len(history), set())
    assert list(table.changes())
    return table


def rested() -> Table:
    table = crowd()
    table.rest()
    table.rest()
    return table


def test_a_pane_at_rest_holds_nothing_for_those_who_did_not_answer() -> None:
    pane = rested().grids[0].panes[10, 10]
    assert [len(array) for array in (pane.fields, pane.offsets, pane.dirty)] == [0, 0, 0]
    assert len(pane.held) == 2
    assert pane.read().sum() == 2


def test_what_was_packed_is_shown_counted_on_saved_and_expires_as_if_it_had_not_been() -> None:
    packed, other = rested(), crowd()
    assert packed.keys == other.keys
    late = [*[promoter(0)] * 401, promoter(16, "channel 9"), promoter(5, "channel 3"), promoter(1_100)]
    for until in range(401, len(late) + 1):
        for table in (packed, other):
            count(table, late, until, set())
        for window in (SHORT, LONG):
            assert shown(packed, window, 20) == shown(other, window, 20)
        assert [*packed.changes()] == [*other.changes()]
    packed.write_anew()
    other.write_anew()
    assert [*packed.changes()] == [*other.changes()]
