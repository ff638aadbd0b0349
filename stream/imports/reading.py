"""The things in a file: rows of CSV, lines of JSON, or one JSON document, each with its place."""

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, Literal, NamedTuple

import orjson

from stream.errors import Rejected

Format = Literal["csv", "ndjson", "json"]

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json",
}  # fmt: skip
#: What may stand between columns.
_DELIMITERS = ",;\t|"


class Thing(NamedTuple):
    """One thing and its place; a `Rejected` stands for what cannot be read."""

    place: str
    value: Any


def format_of(name: str) -> Format | None:
    """The format that a file's name tells.

    >>> format_of("answers.CSV"), format_of("records.jsonl"), format_of("answers")
    ('csv', 'ndjson', None)
    """
    return _SUFFIXES.get("." + name.rpartition(".")[2].lower())


def things(lines: Iterable[bytes], kind: Format, encoding: str = "utf-8") -> Iterator[Thing]:
    """The things in the lines of a file, which have no ends.

    >>> [thing.value for thing in things([b"Id;Score", b"r1;9"], "csv")]
    [{'Id': 'r1', 'Score': '9'}]
    >>> [thing.value for thing in things([b'[{"id": 1},', b'{"id": 2}]'], "json")]
    [{'id': 1}, {'id': 2}]
    """
    match kind:
        case "csv":
            return _rows(lines, encoding)
        case "ndjson":
            return _values(lines)
        case "json":
            return _document(lines)


def _rows(lines: Iterable[bytes], encoding: str) -> Iterator[Thing]:
    """Rows by the names of their columns; a dot in one is written `_`, since paths have dots in them."""
    texts = map(lambda line: line.decode(encoding) + "\n", lines)  # noqa: C417  it goes on after a line that fails
    try:
        header = next(texts, "").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        yield Thing("line 1", _unreadable(error))
        return
    delimiter = max(_DELIMITERS, key=header.count)
    columns = [name.strip().replace(".", "_") for name in next(csv.reader([header], delimiter=delimiter), [])]
    reader = csv.reader(texts, delimiter=delimiter)
    for number in count(2):
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError) as error:
            yield Thing(f"row {number}", _unreadable(error))
            continue
        if row and len(row) != len(columns):
            msg = f"the row has {len(row)} columns, the header {len(columns)}"
            yield Thing(f"row {number}", Rejected("unexpected_form", "", msg))
        elif row:
            yield Thing(f"row {number}", dict(zip(columns, row, strict=True)))


def _unreadable(error: Exception) -> Rejected:
    return Rejected("unexpected_form", "", f"it cannot be read: {error}")


def _values(lines: Iterable[bytes]) -> Iterator[Thing]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            for value in _in_line(line):
                yield Thing(f"line {number}", value)


def _in_line(line: bytes) -> Iterator[Any]:
    """The value in a line; streams that are put into files often have several, with nothing between them."""
    try:
        yield orjson.loads(line)
        return
    except orjson.JSONDecodeError as error:
        problem = Rejected("invalid_json", "", f"the line is not JSON: {error}")
    text, at, decoder = line.decode("utf-8", "replace"), 0, json.JSONDecoder()
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
            orjson.dumps(value)  # half of a character is no text, and some numbers are none
        except (ValueError, TypeError, RecursionError):
            yield problem
            return
        yield value
        while at < len(text) and text[at].isspace():
            at += 1


def _document(lines: Iterable[bytes]) -> Iterator[Thing]:
    try:
        document = orjson.loads(b"\n".join(lines).removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        yield Thing("the file", Rejected("invalid_json", "", f"the file is not JSON: {error}"))
        return
    for number, value in enumerate(document if isinstance(document, list) else [document], 1):
        yield Thing(f"item {number}", value)
