"""The generated dashboards, and what they ask Prometheus."""

import json
from collections.abc import Iterator
from typing import Any

from stream.dashboards import documents

Json = dict[str, Any]

BOARDS: dict[str, Json] = {name: json.loads(text) for name, text in documents().items()}


def panels(board: Json) -> list[Json]:
    return [panel for panel in board["panels"] if panel["type"] not in {"row", "text"}]


def queries(board: Json) -> Iterator[str]:
    for panel in panels(board):
        yield from (target["expr"] for target in panel["targets"])


def asked(board: Json) -> Iterator[str]:
    """Everything in PromQL: queries, annotations, and the choices of variables."""
    yield from queries(board)
    yield from (annotation["expr"] for annotation in board["annotations"]["list"])
    yield from (each["query"]["query"] for each in board["templating"]["list"] if each["type"] == "query")
