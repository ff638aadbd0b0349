"""How it grows: `python -m benchmarks.growth` writes `growth.md` and its charts, in about ten minutes."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import recovery
from benchmarks.growth import engine, index, unit, workers
from benchmarks.growth.page import Page

_PARTS = ("members", "index", "workers", "recovery", "costs")
_MEMBERS = (10, 100, 1_000, 10_000)
_ANSWERS = (1_000_000, 3_000_000, 10_000_000, 20_000_000, 50_000_000)
_KEYS = (100_000, 300_000, 1_000_000, 2_000_000)


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(_PARTS)}; may be repeated.")] = None,
    events: Annotated[int, typer.Option(min=1_000, help="Events of each run of the engine.")] = 60_000,
    most_members: Annotated[int, typer.Option(min=10, help="Members and crosses, at most.")] = _MEMBERS[-1],
    most_answers: Annotated[int, typer.Option(min=10_000, help="Answers in the index, at most.")] = 20_000_000,
    most_keys: Annotated[int, typer.Option(min=8_000, help="State keys to recover, at most.")] = _KEYS[-1],
    backlog: Annotated[
        int, typer.Option(min=10_000, help="Events that one worker and two have before them.")
    ] = 1_000_000,
    repeat: Annotated[int, typer.Option(min=1, help="Runs of each, of which the median counts.")] = 5,
    to: Annotated[Path, typer.Option(help="Directory to write to.", exists=True, file_okay=False)] = Path(
        __file__
    ).parents[1],
) -> None:
    """Measure cost by members and by answers in the index, two workers against one, and recovery by state keys.

    50 million answers take two minutes more than 20 million: `--most-answers 50000000`.
    """
    if unknown := set(only or ()) - set(_PARTS):
        msg = f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(_PARTS)}"
        raise typer.BadParameter(msg)
    page, wanted, measured = Page(to, " ".join(["python -m benchmarks.growth", *sys.argv[1:]])), only or _PARTS, {}
    if "members" in wanted:
        page.members(list(engine.members(_up_to(_MEMBERS, most_members), events, repeat)))
    if "index" in wanted:
        with tempfile.TemporaryDirectory() as directory:
            filled = list(index.filled(_up_to(_ANSWERS, most_answers), min(events, 30_000), Path(directory)))
        page.index(filled)
        measured["entry_bytes"] = filled[-1].entry_bytes
    if "workers" in wanted:
        groups = asyncio.run(workers.measure(backlog))
        page.workers(groups, asyncio.run(engine.side_by_side(backlog // 4, repeat)))
        measured |= {"answer_us": groups[0].event_us, "process_bytes": float(groups[0].idle_bytes)}
        measured["index_bytes"] = (groups[0].busy_bytes - groups[0].idle_bytes) / 4
    if "recovery" in wanted:
        found = [asyncio.run(recovery.measure(keys)) for keys in _up_to(_KEYS, most_keys)]
        page.recovery(found)
        measured["restored_us"] = _slope([(each.held, each.cpu * 1e6) for each in found])
    if "costs" in wanted:
        measured |= asyncio.run(unit.flushes()) | unit.looks(min(most_members, 1_000), 2)
        measured["history_us"] = measured.get("answer_us", 0.0) + unit.histories(events)
        page.costs(measured)
    print(f"written to {page.write()}")


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """What one more costs, from the fewest to the most: without what starting costs.

    >>> _slope([(100, 7.0), (300, 8.0), (500, 15.0)])
    0.02
    """
    (first, low), (last, high) = points[0], points[-1]
    return (high - low) / ((last - first) or 1)


def _up_to(sizes: tuple[int, ...], most: int) -> list[int]:
    """The usual sizes that are not larger, and that one.

    >>> _up_to((10, 100, 1_000), 300)
    [10, 100, 300]
    """
    return sorted({size for size in sizes if size < most} | {most})


if __name__ == "__main__":
    typer.run(main)
