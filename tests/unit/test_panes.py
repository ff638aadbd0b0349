"""Panes: which rows an event counts in, what is kept and for how long, and what a window makes of it."""

from itertools import product

from stream.events import UNKNOWN, Dimensions
from stream.kpi import Accumulator
from stream.kpi.churn import Churn
from stream.kpi.nps import Nps
from stream.kpi.themes import Themes
from stream.layout import horizon, schemes
from stream.measures import Heard, Movement, Rating
from stream.panes import OTHER, SEPARATOR, Member
from stream.rolling import roll
from stream.settings import Settings
from stream.table import POSITION_KEY, Table
from stream.windows import Window
from tests.laws.worlds import Contributed, Seen, count

PROMOTER, DETRACTOR = Rating("nps", 10, 0, 10), Rating("nps", 0, 0, 10)

#: 30 s in panes of 10 s, 60 s in panes of 20 s, and a cross for the latter.
SHORT, LONG = Window.parse("30s/10s"), Window.parse("60s/20s")
SETTINGS = Settings(
    windows=[SHORT, LONG], scopes="channel", cross="channel, touchpoint", cross_from=60, max_members=2, max_crosses=2
)


def from_(channel: str = "phone", touchpoint: str = "billing") -> Dimensions:
    return (channel, touchpoint, UNKNOWN, UNKNOWN, UNKNOWN)


def promoter(seconds: int, channel: str = "phone", touchpoint: str = "billing") -> Contributed:
    return (Seen(seconds, from_(channel, touchpoint), PROMOTER),)


def customers(seconds: int, change: int) -> Contributed:
    return (Seen(seconds, from_(), Movement(customers=change)),)


def counted(*history: Contributed, kpi: type[Accumulator] = Nps, slack: int = 0) -> Table:
    """A table that has counted records one after the other."""
    table = Table(kpi, schemes(SETTINGS, slack))
    count(table, history, len(history), set(range(len(history))))
    return table


def shown(table: Table, window: Window, at: float, grid: int = 0) -> dict[Member, list[int]]:
    return roll([table.grids[grid]], window, at)


def starts(table: Table, advance: int) -> list[int]:
    return sorted(start for each, start in table.grids[0].panes if each == advance)


def test_an_event_counts_for_all_and_for_its_member_of_each_scope() -> None:
    assert shown(counted(promoter(5)), SHORT, 5) == {("all", "all"): [1, 0, 0, 0], ("channel", "phone"): [1, 0, 0, 0]}


def test_the_cross_is_kept_in_long_windows_only() -> None:
    table = counted(promoter(5, "phone", "billing"), promoter(6, "chat", "billing"))

    assert shown(table, LONG, 6, grid=1) == {
        ("channel,touchpoint", SEPARATOR.join(["phone", "billing"])): [1, 0, 0, 0],
        ("channel,touchpoint", SEPARATOR.join(["chat", "billing"])): [1, 0, 0, 0],
    }
    assert list(table.grids[1].scheme.sizes) == [LONG.advance]


def test_without_a_cross_there_is_no_grid_for_it() -> None:
    assert len(schemes(Settings(cross=""))) == 1
    assert len(schemes(Settings(windows="1h/1m"))) == 1  # too short for one


# Half-open, 30 s on every 10 s:
#
#   seconds      0    10    20    30    40
#   at 30        [──────────────)                 holds 0, 29; not 30
#   at 31              [──────────────)           holds 29, 30; not 0
def test_a_window_holds_its_start_and_not_its_end() -> None:
    table = counted(promoter(0), promoter(29), promoter(30), slack=100)

    assert shown(table, SHORT, 30)["all", "all"] == [2, 0, 0, 0]
    assert shown(table, SHORT, 31)["all", "all"] == [2, 0, 0, 0]
    assert shown(table, SHORT, 41)["all", "all"] == [2, 0, 0, 0]
    assert shown(table, SHORT, 60)["all", "all"] == [1, 0, 0, 0]
    assert shown(table, SHORT, 61) == {}


def test_members_beyond_the_bound_are_other() -> None:
    table = counted(*(promoter(5, channel) for channel in ("a", "b", "c", "d", "b", "a")))

    assert shown(table, SHORT, 5) == {
        ("all", "all"): [6, 0, 0, 0],
        ("channel", "a"): [2, 0, 0, 0],
        ("channel", "b"): [2, 0, 0, 0],
        ("channel", OTHER): [2, 0, 0, 0],
    }


def test_combinations_beyond_the_bound_are_other_in_every_dimension() -> None:
    table = counted(*(promoter(5, channel) for channel in ("a", "b", "c", "d")))

    assert [member.split(SEPARATOR) for _, member in shown(table, LONG, 5, grid=1)] == [
        ["a", "billing"],
        ["b", "billing"],
        [OTHER, OTHER],
    ]


def test_a_member_that_is_called_other_shares_its_row() -> None:
    table = counted(*(promoter(5, channel) for channel in ("a", OTHER, "c", "d")))

    assert shown(table, SHORT, 5)["channel", OTHER] == [3, 0, 0, 0]


def test_beyond_the_bound_labels_stay_apart_as_long_as_they_are_few() -> None:
    def mentioned(channel: str, theme: str) -> Contributed:
        return (Seen(5, (*from_(channel), theme), Heard(None, None)),)

    table = Table(Themes, schemes(SETTINGS, 0, Themes))
    history = [mentioned("a", "x"), mentioned("b", "x"), mentioned("c", "x"), mentioned("c", "y"), mentioned("d", "z")]
    count(table, history, len(history), set())

    assert {(scope, *member.split(SEPARATOR)): n for (scope, member), (n, *_) in shown(table, SHORT, 5).items()} == {
        ("all", "all", "x"): 3, ("all", "all", "y"): 1, ("all", "all", OTHER): 1,
        ("channel", "a", "x"): 1, ("channel", "b", "x"): 1,
        ("channel", OTHER, "x"): 1, ("channel", OTHER, "y"): 1, ("channel", OTHER, OTHER): 1,
    }  # fmt: skip


def test_saved_members_are_restored_even_beyond_the_bound() -> None:
    log = list(counted(*(promoter(5, channel) for channel in ("a", "b", "c"))).changes())
    narrow = Table(Nps, schemes(SETTINGS.model_copy(update={"max_members": 1}), 0))
    narrow.restore(log)

    assert {member for scope, member in shown(narrow, SHORT, 5) if scope == "channel"} == {"a", "b", OTHER}


def test_members_of_whom_nothing_is_left_make_room_for_others() -> None:
    rotating = [promoter(5, "a"), promoter(6, "b"), promoter(130, "b"), promoter(131, "c"), promoter(132, "d")]
    table, follower = (Table(Nps, schemes(SETTINGS, 0)) for _ in range(2))
    for until in range(1, len(rotating) + 1):
        count(table, rotating, until, set())
        follower.restore(list(table.changes()))
        follower.rest()

    fields = {member: [1, 0, 0, 0] for member in (("channel", "b"), ("channel", "c"), ("channel", OTHER))}
    assert shown(table, LONG, 132) == shown(follower, LONG, 132) == fields | {("all", "all"): [3, 0, 0, 0]}
    assert ("channel", "a") not in {*table.grids[0].rows, *follower.grids[0].rows}


def test_who_is_too_old_for_any_window_takes_no_room() -> None:
    table = counted(promoter(1_000, "now"), promoter(5, "long ago"), promoter(6, "as long ago"), promoter(1_001, "too"))

    fields = {member: [1, 0, 0, 0] for member in (("channel", "now"), ("channel", "too"))}
    assert shown(table, LONG, 1_001) == fields | {("all", "all"): [2, 0, 0, 0]}


def test_a_pane_grows_with_the_members_that_come_later() -> None:
    wide = SETTINGS.model_copy(update={"max_members": 1_000})
    table = Table(Nps, schemes(wide, 0))
    history = [promoter(5, f"channel {number}") for number in range(300)]
    count(table, history, len(history), set(range(0, 300, 7)))

    assert shown(table, SHORT, 5) == {("all", "all"): [300, 0, 0, 0]} | {
        ("channel", f"channel {number}"): [1, 0, 0, 0] for number in range(300)
    }


def test_partitions_that_know_different_members_are_added_up() -> None:
    one, other = counted(promoter(5, "a"), promoter(6, "b")), counted(promoter(7, "b"), promoter(8, "c"))

    assert roll([one.grids[0], other.grids[0]], SHORT, 9) == {
        ("all", "all"): [4, 0, 0, 0],
        ("channel", "a"): [1, 0, 0, 0],
        ("channel", "b"): [2, 0, 0, 0],
        ("channel", "c"): [1, 0, 0, 0],
    }


def test_a_member_whose_answers_were_all_taken_back_is_not_shown() -> None:
    table = counted(promoter(5), (Seen(5, from_(), PROMOTER, -1),))

    assert shown(table, SHORT, 5) == {}


def test_panes_that_no_window_can_reach_are_dropped_and_so_are_their_keys() -> None:
    table = counted(promoter(5), promoter(15))
    written = dict(table.changes())
    count(table, [(), (), promoter(60)], 3, set())
    changes = dict(table.changes())

    # At 60 the short window begins at 30, the long one at 0.
    assert starts(table, SHORT.advance) == [60]
    assert starts(table, LONG.advance) == [0, 60]
    dropped = {key for key, value in changes.items() if value is None}
    assert dropped == {key for key in written if key.endswith((b",10,0]", b",10,10]"))}
    assert list(changes)[-1] == POSITION_KEY


def test_panes_are_kept_as_long_as_late_events_may_come() -> None:
    assert starts(counted(promoter(5), promoter(65), slack=20), SHORT.advance) == [60]
    assert starts(counted(promoter(5), promoter(65), slack=40), SHORT.advance) == [0, 60]


def test_slack_is_grace_and_how_far_ahead_an_event_may_be() -> None:
    settings = Settings(windows="30s/10s, 60s/20s", grace=100, max_ahead=7)

    assert [scheme.slack for scheme in schemes(settings)] == [107]
    assert [scheme.slack for scheme in schemes(settings, slack=3)] == [3]
    assert horizon(settings) == 60 + 107


def test_windows_that_share_their_advance_share_their_panes() -> None:
    (scheme,) = schemes(Settings(windows="30s/10s, 60s/10s", cross=""))

    assert scheme.sizes == {10: 60}


def test_an_event_too_late_for_the_short_window_still_counts_in_the_long_one() -> None:
    table = counted(promoter(50), promoter(5))

    assert shown(table, SHORT, 51) == {("all", "all"): [1, 0, 0, 0], ("channel", "phone"): [1, 0, 0, 0]}
    assert shown(table, LONG, 51)["all", "all"] == [2, 0, 0, 0]


def test_a_level_holds_on_long_after_its_pane_is_gone() -> None:
    table = counted(customers(5, 100), customers(500, 20), kpi=Churn)

    assert shown(table, SHORT, 500)["all", "all"] == [100, 0, 0]
    assert shown(table, SHORT, 540)["all", "all"] == [120, 0, 0]


def test_a_level_that_comes_late_holds_nevertheless() -> None:
    # The count of an earlier time came after that of a later one, and long after every window had passed it by.
    table = counted(customers(500, 120), (*customers(5, 100), *customers(500, -100)), kpi=Churn)

    assert shown(table, SHORT, 500)["all", "all"] == [100, 0, 0]
    assert shown(table, SHORT, 540)["all", "all"] == [120, 0, 0]


def test_customers_are_those_there_were_at_the_windows_start() -> None:
    table = counted(customers(1, 100), customers(14, 5), customers(25, 20), kpi=Churn, slack=100)

    assert shown(table, SHORT, 40)["all", "all"] == [100, 0, 0]
    assert shown(table, SHORT, 50)["all", "all"] == [105, 0, 0]
    assert shown(table, SHORT, 60)["all", "all"] == [125, 0, 0]


def test_a_tombstone_without_what_was_folded_is_never_all_that_a_short_write_leaves() -> None:
    history = [customers(5, 100), customers(500, 20)]
    first = counted(history[0], kpi=Churn)
    log = list(first.changes())
    count(first, history, 2, set())
    last = list(first.changes())

    for kept, again in product(range(len(last)), ([], log)):  # and a reader can be set back
        table = Table(Churn, schemes(SETTINGS, 0))
        table.restore(log + last[:kept] + again)
        count(table, history, 2, set())
        assert shown(table, SHORT, 500)["all", "all"] == [100, 0, 0], kept
        assert shown(table, SHORT, 540)["all", "all"] == [120, 0, 0], kept


def test_a_level_that_came_to_nothing_is_not_taken_back_twice_after_a_short_write() -> None:
    history = [customers(5, 100), customers(5, -100), customers(500, 20)]
    first = counted(history[0], kpi=Churn)
    log = list(first.changes())
    count(first, history, 3, set())
    last = list(first.changes())

    for kept in range(len(last)):
        table = Table(Churn, schemes(SETTINGS, 0))
        table.restore(log + last[:kept])
        count(table, history, 3, set())
        assert shown(table, SHORT, 540)["all", "all"] == [20, 0, 0], kept
