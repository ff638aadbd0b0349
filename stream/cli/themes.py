"""`themes`: what a taxonomy finds in comments, and why."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import orjson
import typer

from stream.cli.common import Files, read_lines
from stream.settings import Settings
from stream.text import require

if TYPE_CHECKING:
    from stream.text.comment import Evidence
    from stream.text.taxonomy import Taxonomy


def themes(
    files: Files,
    taxonomy: Annotated[
        str | None, typer.Option(help="File with the themes to try (left out: FEEDBACK_TAXONOMY, or the default).")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of comments that name none, such as fr.")] = None,
    format: Annotated[Literal["json", "text"], typer.Option(help="For programs or for people.")] = "text",  # noqa: A002
) -> None:
    """Try a taxonomy on comments, one a line, or on events: language, sentiment, themes, and the words they rest on.

    Example:

        echo "45 min d'attente, mais un conseiller aimable" | feedback-stream themes -
    """
    require("themes")
    from stream.text.comment import explain  # noqa: PLC0415  its extra may not be installed
    from stream.text.taxonomy import Taxonomy  # noqa: PLC0415

    tried = Taxonomy.load(Settings.load(taxonomy=taxonomy).taxonomy)
    found: Counter[str] = Counter()
    comments = bare = 0
    for comment, hint in _comments(read_lines(files)):
        evidence = explain(comment, hint or language, tried)
        comments += 1
        bare += evidence is not None and not evidence.reading.themes
        found.update(evidence.reading.themes if evidence else ())
        if format == "json":
            sys.stdout.buffer.write(orjson.dumps(_as_json(comment, evidence, tried), option=orjson.OPT_APPEND_NEWLINE))
        else:
            typer.echo("\n".join(_lines(comment, evidence, tried)))
    sys.stdout.buffer.flush()
    if format == "text":
        shares = "".join(f"\n  {name}: {count} ({count / comments:.0%})" for name, count in found.most_common())
        typer.echo(f"{comments} comments, {bare} without a theme{shares}", err=True)


def _comments(lines: Iterator[bytes]) -> Iterator[tuple[str, str | None]]:
    """Comments with the language that is named for them; a line that is JSON is an event, which may have none."""
    for line in lines:
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            event = None
        if not isinstance(event, dict):
            if line.strip():
                yield line.decode("utf-8", "replace"), None
        elif isinstance(event.get("comment"), str):
            yield event["comment"], event.get("language") if isinstance(event.get("language"), str) else None


def _weights(evidence: "Evidence") -> dict[str, float]:
    return {_said(evidence.words, mark.start, mark.end): mark.weight for mark in evidence.marks}


def _words(evidence: "Evidence", taxonomy: "Taxonomy") -> dict[str, list[str]]:
    """The expressions that speak of each theme that was found."""
    found: dict[str, list[str]] = {name: [] for name in evidence.reading.themes}
    for match in evidence.themes:
        found.get(taxonomy.themes[match.value], []).append(_said(evidence.words, match.start, match.end))
    return found


def _said(words: Sequence[str], start: int, end: int) -> str:
    return " ".join(words[start:end])


def _as_json(comment: str, evidence: "Evidence | None", taxonomy: "Taxonomy") -> dict[str, object]:
    if evidence is None:
        return {"comment": comment, "language": None, "sentiment": None, "themes": {}, "weights": {}}
    reading, words = evidence.reading, _words(evidence, taxonomy)
    return {
        "comment": comment, "language": reading.language, "sentiment": reading.sentiment, "themes": words,
        "weights": _weights(evidence),
    }  # fmt: skip


def _lines(comment: str, evidence: "Evidence | None", taxonomy: "Taxonomy") -> Iterator[str]:
    yield comment
    if evidence is None:
        yield "  not read: it has no words, or is in another language"
        return
    weights = ", ".join(f"{said} {weight:+g}" for said, weight in _weights(evidence).items())
    tongue = evidence.reading.language or "no language"
    yield f"  {evidence.reading.sentiment} ({tongue}){': ' if weights else ''}{weights}"
    for name, said in _words(evidence, taxonomy).items():
        yield f"  {name}: {', '.join(dict.fromkeys(said))}"
