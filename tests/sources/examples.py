"""The examples of every source: a file each in tests/sources/examples, found by looking."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from multidict import CIMultiDict

from stream.sources import CATALOGUE, Source

DIRECTORY = Path(__file__).parent / "examples"
FILES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DIRECTORY.glob("*.json"))
}


class Delivery(NamedTuple):
    """What a sender posts, and what is made of it: events, or the reason of a rejection."""

    source: Source
    payload: Any
    headers: Mapping[str, str]
    events: list[dict[str, Any]] | None
    rejected: str | None
    corrects: str | None
    delivery: str | None


def source_of(name: str) -> Source:
    """The source, with the options of its file of examples."""
    kind = CATALOGUE[name]
    return kind(kind.takes.model_validate(FILES[name].get("options", {})))


def _deliveries() -> Iterator[tuple[str, Delivery]]:
    for name, file in FILES.items():
        for example in file["deliveries"]:
            headers = CIMultiDict(example.get("headers", {}))
            found = (example.get(field) for field in ("events", "rejected", "corrects", "delivery"))
            yield f"{name}: {example['is']}", Delivery(source_of(name), example["payload"], headers, *found)


DELIVERIES: dict[str, Delivery] = dict(_deliveries())
