"""What became of it all, as tables: faults that fired, records, what was lost, doubled or wrong."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .failpoints import POINTS
from .scenarios import Outcome

_COLUMNS = ("scenario", "min", "faults", "sent", "records", "lost", "doubled", "wrong", "counted again", "result")


def rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """A row a scenario."""
    return [
        (
            outcome.name, f"{outcome.seconds / 60:.1f}", f"{outcome.faults.total():,}", f"{outcome.sent:,}",
            f"{outcome.verdict.records:,}", f"{outcome.verdict.lost:,}", f"{outcome.verdict.doubled:,}",
            f"{outcome.verdict.wrong + len(outcome.verdict.shown):,}", f"{outcome.reprocessed:,}",
            "exact" if outcome.exact else "NOT EXACT",
        )
        for outcome in outcomes
    ]  # fmt: skip


def faults(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """A row a kind of fault that was injected or fired, the negative control's left out."""
    total = sum((outcome.faults for outcome in outcomes), Counter[str]())
    names = [*sorted(total.keys() - POINTS.keys()), *POINTS]
    return [(f"killed {name}" if name in POINTS else name, f"{total[name]:,}") for name in names]


def show(outcomes: Sequence[Outcome], control: Outcome | None, console: Console) -> None:
    """Print the tables."""
    table = Table(title="By scenario", *_COLUMNS)  # noqa: B026  rich takes headers as arguments
    for row in rows([*outcomes, *([control] if control else [])]):
        table.add_row(*row)
    console.print(table)
    kinds = Table("fault", "fired", title="By kind of fault")
    for row in faults(outcomes):
        kinds.add_row(*row)
    console.print(kinds)
    for outcome in outcomes:
        if not outcome.exact:
            console.print(str(outcome), style="red", markup=False)
    if control:
        console.print(f"the same harness on plain Faust: {control.verdict}", markup=False, style="dim")


def write(path: Path, outcomes: Sequence[Outcome], control: Outcome | None) -> None:
    """The same as Markdown."""
    lines = [
        "# Chaos",
        "",
        'Written by `make chaos ARGS="--report …"`; what the words mean is in [design](design.md).',
        "",
    ]
    lines += _markdown(_COLUMNS, rows([*outcomes, *([control] if control else [])]))
    lines += ["", *_markdown(("fault", "fired"), faults(outcomes)), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *body)]
