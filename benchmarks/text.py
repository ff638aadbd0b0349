"""How many comments one core reads a second: `python -m benchmarks.text`."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Annotated, NamedTuple

import orjson
import typer

from stream.text.comment import analyse
from stream.text.taxonomy import Taxonomy
from stream.text.verbatims import verbatim_of
from tests.text.measure import Labelled, sample


class Record(NamedTuple):
    """A survey response as Kafka holds it."""

    value: bytes
    offset: int = 0
    headers: tuple[()] = ()


def main(repeat: Annotated[int, typer.Option(help="Runs of each, of which the median counts.")] = 5) -> None:
    """Read the labelled comments twenty times over: with their language named, without, and as whole records."""
    taxonomy = Taxonomy.load()
    comments = sample() * 20
    records = [Record(orjson.dumps(_answer(each, number))) for number, each in enumerate(comments)]
    runs: dict[str, Callable[[], Sequence[object]]] = {
        "language named": lambda: [analyse(each.comment, each.language, taxonomy) for each in comments],
        "language found out": lambda: [analyse(each.comment, None, taxonomy) for each in comments],
        "record to verbatim": lambda: [verbatim_of(record, taxonomy, 10_000) for record in records],
    }
    for name, run in runs.items():
        assert None not in run()  # and all that is read but once has been read
        speeds = [len(comments) / _cpu_seconds(run) for _ in range(repeat)]
        print(f"{name}: {median(speeds):,.0f} a CPU-second ({min(speeds):,.0f}…{max(speeds):,.0f})")
    size = sum(len(each.comment) for each in comments) / len(comments)
    print(f"{len(comments):,} comments of {size:.0f} characters on average")


def _answer(labelled: Labelled, number: int) -> dict[str, object]:
    return {
        "response_id": f"r{number}", "kpi": "nps", "score": number % 11, "occurred_at": "2026-03-01T09:30:00Z",
        "comment": labelled.comment,
    }  # fmt: skip


def _cpu_seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


if __name__ == "__main__":
    typer.run(main)
