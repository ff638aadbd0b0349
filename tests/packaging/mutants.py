"""Break the KPIs in small ways, one at a time, and see whether a test notices; what none notices is shown.

A sample, in bounded time, on a copy of the tree. `make mutants` runs it; `--help` shows its options.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_item import TestOutcome, WorkItem

ROOT = Path(__file__).parents[2]
_MODULES = "stream/kpi/*.py"
#: The quick ones first: most of what is broken is seen at once.
_TESTS = ("stream/kpi", "tests/unit/test_kpis.py", "tests/unit/test_clv.py", "tests/laws/test_accumulators.py")
#: A mutant that never ends is noticed when it has taken so many times longer than the tests without a change.
_PATIENCE = 5


def main(arguments: Sequence[str]) -> int:
    """Try mutants until the time is over; 1 if some survived."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to go on")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives another sample")
    parser.add_argument("--modules", default=_MODULES, help="which files to break")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        return _try(Path(place), given.modules, random.Random(given.seed), time.monotonic() + 60 * given.minutes)


def _try(place: Path, modules: str, chance: random.Random, deadline: float) -> int:
    for name in ("stream", "tests"):
        shutil.copytree(ROOT / name, place / name)  # with what is compiled: only what is broken is compiled anew
    shutil.copy(ROOT / "pyproject.toml", place)
    os.chdir(place)
    os.environ["PYTHONPATH"] = str(place)
    command = f"{sys.executable} -m pytest -x -q -p no:cacheprovider {' '.join(_TESTS)}"
    started = time.monotonic()
    outcome, said = run_tests(command, None)
    limit = _PATIENCE * (time.monotonic() - started)
    if outcome != TestOutcome.SURVIVED:
        print(f"without a change the tests must pass:\n{said}")
        return 2
    mutants: list[WorkItem] = list(_all_work_items(sorted(Path().glob(modules)), {}))
    chance.shuffle(mutants)
    found: Counter[TestOutcome] = Counter()
    for mutant in mutants:
        if time.monotonic() > deadline:
            break
        result = mutate_and_test(mutant.mutations, command, limit)
        found[result.test_outcome] += 1
        if result.test_outcome == TestOutcome.SURVIVED:
            print(result.diff, flush=True)
    tried, survived = found.total(), found[TestOutcome.SURVIVED]
    print(f"{tried} of {len(mutants)} mutants tried, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
