"""The parts of the benchmark of growth that need no broker."""

import doctest
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.growth import __main__ as command
from benchmarks.growth import engine, events, index, lines, page, workers

NOW = 1_772_359_200.0


@pytest.mark.parametrize("module", [command, events, lines, page, workers])
def test_the_examples_run(module: ModuleType) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(module, optionflags=flags).failed == 0


def test_answers_are_about_so_many_members_and_combinations() -> None:
    (cost,) = engine.members([10], 1_000, 1)
    assert cost.size == 10
    # The last flush alone writes each of them, in scopes and in the cross.
    assert cost.keys * 1_000 > 20


def test_what_is_filled_in_is_what_the_engine_would_have_written(tmp_path: Path) -> None:
    few, more = index.filled([10_000, 20_000], 1_000, tmp_path)
    assert (few.size, more.size) == (10_000, 20_000)
    # That its answers are corrected, and new ones accepted, is asserted while it is measured.
    assert more.entry_bytes > 20
