"""How well comments are read, on a sample that was labelled by hand: the tables of docs/text.md.

`python -m tests.text.measure` writes them into the page, with `--check` it compares, with `--errors` it shows what is
read wrong of the comments that may be looked at.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from stream.reference_domain import table
from stream.text.comment import Reading, analyse
from stream.text.sentiment import SENTIMENTS
from stream.text.taxonomy import Taxonomy

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "text.md"
SAMPLE = Path(__file__).with_name("sample.tsv")
GROUPS = ("blind", "held out", "tuned on")
_LAST_BEFORE = 420
BEGIN, END = "<!-- measured by `python -m tests.text.measure`: change the code, not this -->", "<!-- measured -->"


class Labelled(NamedTuple):
    """A comment, and what a person says of it; `language` is `-` where it has no word."""

    number: int
    language: str
    sentiment: str
    themes: frozenset[str]
    comment: str

    @property
    def group(self) -> str:
        """Odd numbers may be looked at while lexicons and taxonomy are written, even ones are only counted.

        From 421 on they were written when lexicons and taxonomy were done, and nothing was changed for them since.
        """
        if self.number > _LAST_BEFORE:
            return "blind"
        return "tuned on" if self.number % 2 else "held out"


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


def _figures(cases: Sequence[Case], of: Callable[[Sequence[Case]], Counts]) -> list[str]:
    """For each group how many there are, and precision, recall and F1."""
    cells = []
    for group in GROUPS:
        found = of(_of(cases, group))
        cells += [str(found.right + found.missed), " / ".join(found.figures())]
    return cells


def _of(cases: Sequence[Case], group: str) -> list[Case]:
    return [case for case in cases if case[0].group == group]


def _sentiment_is_right(labelled: Labelled, reading: Reading) -> bool:
    return labelled.sentiment == reading.sentiment


def _is_contrary(labelled: Labelled, reading: Reading) -> bool:
    return {labelled.sentiment, reading.sentiment} == {"positive", "negative"}


def _themes_are_right(labelled: Labelled, reading: Reading) -> bool:
    return labelled.themes == set(reading.themes)


def _language_is_right(labelled: Labelled, reading: Reading) -> bool:
    return labelled.language == (reading.language or "-")


def _shares(cases: Sequence[Case]) -> list[list[str]]:
    english, french = ([case for case in cases if case[0].language == language] for language in ("en", "fr"))
    rows = [["comments", *(str(len(_of(cases, group))) for group in GROUPS)]]
    for name, some, is_right in (
        ("language right, %", cases, _language_is_right),
        ("sentiment right, %", cases, _sentiment_is_right),
        ("– of English comments", english, _sentiment_is_right),
        ("– of French comments", french, _sentiment_is_right),
        ("sentiment taken for its contrary, %", cases, _is_contrary),
        ("exactly the themes that are there, %", cases, _themes_are_right),
    ):
        rows.append([name, *(right(_of(some, group), is_right) for group in GROUPS)])
    return rows


def tables(cases: Sequence[Case], themes: Sequence[str]) -> str:
    """The tables, as Markdown."""
    head = [cell for group in GROUPS for cell in (group, "precision / recall / F1, %")]
    sentiments = [[name, *_figures(cases, partial(sentiment_counts, sentiment=name))] for name in SENTIMENTS]
    by_theme = [[f"`{name}`", *_figures(cases, partial(theme_counts, theme=name))] for name in themes]
    every = ["all", *_figures(cases, lambda some: together(theme_counts(some, name) for name in themes))]
    parts = (("", *GROUPS), _shares(cases)), (("sentiment", *head), sentiments), (("theme", *head), [*by_theme, every])
    return "\n".join(table(*part) for part in parts)


def page() -> str:
    """The page with the tables of now."""
    taxonomy = Taxonomy.load()
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(readings(sample(), taxonomy), taxonomy.themes)}\n{END}{after}"


def errors() -> None:
    """What is read wrong of the half that may be looked at."""
    for labelled, reading in readings(sample(), Taxonomy.load()):
        if labelled.group != "tuned on":
            continue
        more, less = set(reading.themes) - labelled.themes, labelled.themes - set(reading.themes)
        if more or less or not _sentiment_is_right(labelled, reading) or not _language_is_right(labelled, reading):
            print(labelled.number, labelled.sentiment, "→", reading, f"+{more} −{less}", labelled.comment)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, compare them, or show errors; the exit status."""
    parser = argparse.ArgumentParser("python -m tests.text.measure", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the page says otherwise")
    parser.add_argument("--errors", action="store_true", help="show what the tuning half gets wrong")
    options = parser.parse_args(arguments)
    if options.errors:
        errors()
        return 0
    new = page()
    if options.check:
        if new == PAGE.read_text(encoding="utf-8"):
            return 0
        print(f"{PAGE} is not what is measured; run python -m tests.text.measure", file=sys.stderr)
        return 1
    PAGE.write_text(new, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
