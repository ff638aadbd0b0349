"""Windows: how they are written, and where they begin and end."""

import pytest

from stream.errors import SettingsError
from stream.windows import Window, seconds


@pytest.mark.parametrize(
    ("text", "expected"), [("1s", 1), ("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800), (" 5m ", 300)]
)
def test_a_duration_is_a_whole_number_and_a_unit(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "m", "0s", "1.5h", "-1m", "5 m", "1w", "5M", "1h30m"])
def test_other_durations_are_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(SettingsError, match=r"a duration is a whole number above 0 and one of s, m, h, d.*got '"):
        seconds(text)


def test_a_window_is_named_after_its_size_as_it_was_written() -> None:
    assert Window.parse("24h/15m") == Window("24h", 86_400, 900)
    assert Window.parse(" 5m / 10s ") == Window("5m", 300, 10)


def test_a_window_may_tumble() -> None:
    assert Window.parse("1h/1h").bounds(1) == (0, 3_600)


@pytest.mark.parametrize("text", ["24h", "", "24h:15m"])
def test_a_window_needs_an_advance(text: str) -> None:
    with pytest.raises(SettingsError, match=f"a window is written size/advance, such as `24h/15m`; got '{text}'"):
        Window.parse(text)


@pytest.mark.parametrize("text", ["10s/3s", "1h/7m", "1m/1h"])
def test_the_size_is_a_whole_number_of_advances(text: str) -> None:
    with pytest.raises(SettingsError, match=r"size must be a whole number of its advances; got size \d+ s and advance"):
        Window.parse(text)


# 30 s long, moving on every 10 s:
#
#   at 1000      [970─────────────1000)
#   at 1000.1          [980─────────────1010)
#   at 1010            [980─────────────1010)
#   at 1011                  [990─────────────1020)
@pytest.mark.parametrize(
    ("at", "bounds"),
    [
        (1_000, (970, 1_000)),
        (1_000.1, (980, 1_010)),
        (1_009.999, (980, 1_010)),
        (1_010, (980, 1_010)),
        (1_011, (990, 1_020)),
        (0, (-30, 0)),
        (-1, (-30, 0)),
    ],
)
def test_a_window_ends_at_the_next_whole_advance(at: float, bounds: tuple[int, int]) -> None:
    assert Window.parse("30s/10s").bounds(at) == bounds


def test_windows_are_aligned_to_the_epoch_not_to_the_first_event() -> None:
    # 2026-03-01T09:37:12Z
    assert Window.parse("1h/15m").bounds(1_772_357_832) == (1_772_354_700, 1_772_358_300)
