"""How well comments are read, on a sample that people have labelled: the tables of docs/text.md.

`python -m tests.text.measure` writes them into the page, with `--check` it compares, with `--errors` it shows what the
tuning half gets wrong.
"""

import argparse
import csv
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from stream.reference_domain import table
from stream.text.comment import Reading, analyse
from stream.text.sentiment import SENTIMENTS
from stream.text.taxonomy import Taxonomy

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "text.md"
SAMPLE = Path(__file__).with_name("sample.tsv")
BEGIN, END = "<!-- measured by `python -m tests.text.measure`: change the code, not this -->", "<!-- measured -->"


class Labelled(NamedTuple):
    """A comment, and what a person says of it; `language` is `-` where it has no word."""

    number: int
    language: str
    sentiment: str
    themes: frozenset[str]
    comment: str

    @property
    def is_for_tuning(self) -> bool:
        """Odd numbers may be looked at while lexicons and taxonomy are written; even ones are only counted."""
        return self.number % 2 == 1


class Counts(NamedTuple):
    """Found and right, found and wrong, missed."""

    right: int
    wrong: int
    missed: int

    def figures(self) -> tuple[str, str, str]:
        """Precision, recall and F1, in percent."""
        found, there = self.right + self.wrong, self.right + self.missed
        return _percent(self.right, found), _percent(self.right, there), _percent(2 * self.right, found + there)


Case = tuple[Labelled, Reading]


def sample() -> list[Labelled]:
    """The labelled comments."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Labelled(
            int(row["number"]),
            row["language"],
            row["sentiment"],
            frozenset(filter(None, row["themes"].split(","))),
            row["comment"],
        )
        for row in rows
    ]


def readings(labelled: Iterable[Labelled], taxonomy: Taxonomy) -> list[Case]:
    """Each comment with what is read in it, its language found out."""
    cases = []
    for each in labelled:
        reading = analyse(each.comment, None, taxonomy)
        assert reading is not None, each.comment
        cases.append((each, reading))
    return cases


def counts(cases: Sequence[Case], there: Callable[[Labelled], bool], found: Callable[[Reading], bool]) -> Counts:
    """How often something that may be in a comment was found."""
    pairs = [(there(labelled), found(reading)) for labelled, reading in cases]
    return Counts(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False)))


def sentiment_counts(cases: Sequence[Case], sentiment: str) -> Counts:
    return counts(cases, lambda each: each.sentiment == sentiment, lambda reading: reading.sentiment == sentiment)


def theme_counts(cases: Sequence[Case], theme: str) -> Counts:
    return counts(cases, lambda each: theme in each.themes, lambda reading: theme in reading.themes)


def together(parts: Iterable[Counts]) -> Counts:
    """All of them as one."""
    return Counts(*map(sum, zip(*parts, strict=True)))


def right(cases: Sequence[Case], is_right: Callable[[Labelled, Reading], bool]) -> str:
    """The share that is right, in percent."""
    return _percent(sum(is_right(*case) for case in cases), len(cases))


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}" if whole else "–"


def _halves(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    held_out = [case for case in cases if not case[0].is_for_tuning]
    return held_out, [case for case in cases if case[0].is_for_tuning]


def _in(cases: Sequence[Case], language: str) -> list[Case]:
    return [case for case in cases if case[0].language == language]


_HEAD = ("precision", "recall", "F1")


def tables(cases: Sequence[Case], taxonomy: Taxonomy) -> str:
    """The tables, as Markdown."""
    halves = _halves(cases)
    head = ("held out", *_HEAD, "tuned on", *_HEAD)

    def row(name: str, of: Callable[[Sequence[Case]], Counts]) -> list[str]:
        cells = [name]
        for half in halves:
            found = of(half)
            cells += [str(found.right + found.missed), *found.figures()]
        return cells

    def both(name: str, share: Callable[[Sequence[Case]], str]) -> list[str]:
        return [name, *(share(half) for half in halves)]

    shares = [
        both("comments", lambda half: str(len(half))),
        both("language right", lambda half: right(
            [case for case in half if case[0].language != "-"], lambda each, reading: each.language == reading.language)),
        both("sentiment right", lambda half: right(half, lambda each, reading: each.sentiment == reading.sentiment)),
        both("– English", lambda half: right(_in(half, "en"), lambda each, reading: each.sentiment == reading.sentiment)),
        both("– French", lambda half: right(_in(half, "fr"), lambda each, reading: each.sentiment == reading.sentiment)),
        both("taken for its contrary", lambda half: right(
            half, lambda each, reading: {each.sentiment, reading.sentiment} == {"positive", "negative"})),
        both("all themes right, none too many", lambda half: right(
            half, lambda each, reading: each.themes == frozenset(reading.themes))),
    ]  # fmt: skip
    sentiments = [row(name, lambda half, name=name: sentiment_counts(half, name)) for name in SENTIMENTS]  # type: ignore[misc]
    themes = [row(f"`{name}`", lambda half, name=name: theme_counts(half, name)) for name in taxonomy.themes]  # type: ignore[misc]
    themes.append(row("all", lambda half: together(theme_counts(half, name) for name in taxonomy.themes)))
    return "\n".join(
        (
            table(("%", "held out", "tuned on"), shares),
            table(("sentiment", *head), sentiments),
            table(("theme", *head), themes),
        )
    )


def page() -> str:
    """The page with the tables of now."""
    taxonomy = Taxonomy.load()
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(readings(sample(), taxonomy), taxonomy)}\n{END}{after}"


def errors() -> None:
    """What is read wrong of the half that may be looked at."""
    for labelled, reading in readings(sample(), Taxonomy.load()):
        if not labelled.is_for_tuning:
            continue
        more, less = set(reading.themes) - labelled.themes, labelled.themes - set(reading.themes)
        if labelled.sentiment != reading.sentiment or more or less or labelled.language not in (reading.language, "-"):
            print(
                labelled.number,
                labelled.sentiment,
                "→",
                reading,
                f"+{more} −{less}",
                re.sub(r"\s", " ", labelled.comment),
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, compare them, or show errors; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.text.measure", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the page says otherwise")
    parser.add_argument("--errors", action="store_true", help="show what the tuning half gets wrong")
    options = parser.parse_args(arguments)
    if options.errors:
        errors()
        return 0
    new = page()
    if options.check:
        return int(new != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(new, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
