"""The reference page of the service's HTTP API, from its routes and the docstrings of what answers them."""

import re
from inspect import cleandoc
from typing import NamedTuple, cast

from aiohttp import web

from stream.clock import WallClock
from stream.reference_domain import table
from stream.settings import Settings
from stream.web import Web

_SECTION = re.compile(r"^(Asked for|Answer|Example):\n", re.MULTILINE)

_PAGE = """\
# The API

```sh
curl -s "http://127.0.0.1:8420/api/scores?kpi=nps&scope=channel&window=24h"
```

A worker of the role `all` or `view` answers at the setting `http`; each shows the whole. What is asked for comes in the
query. All answers below `/api/` are JSON objects, compressed where the client takes gzip. New fields may be added to
them; those there are keep their names and meanings. Times are RFC 3339 in UTC, durations seconds.

| status | means |
|---|---|
| 200 | here it is; scores are empty lists until the worker has read all state, which `/readyz` tells |
| 400 | a window or scope is none of the settings'; `{"error": …}` says which there are |
| 401 | it needs a [login](security.md#login-and-tls); `{"error": …}` says which |
| 404 | there is no such page |
| 405 | pages are asked for with GET or HEAD only |
| 503 | of `/healthz` and `/readyz`: no, and why, in one line |

The [gateway](gateway.md) takes events by HTTP, at another address, and describes itself at its `/openapi.json`.

"""


class Entry(NamedTuple):
    """A page of the service: what it is, what can be asked, what the answer holds, and addresses to try."""

    path: str
    is_: str
    asked: list[tuple[str, str]]
    answer: list[tuple[str, str]]
    examples: list[str]


class _Nothing:
    """No metrics: only the routes are looked at."""

    def refresh(self, now: float) -> None:
        """There is nothing to read."""


def entries() -> list[Entry]:
    """Every page that the service has, in the order of its routes.

    >>> entries()[0].path, [entry.path for entry in entries() if entry.path.startswith("/api/")][0]
    ('/', '/api/scores')
    """
    routes = Web(Settings.model_construct(), None, _Nothing(), WallClock(), str, str).routes()
    return [_entry(route) for route in routes]


def _entry(route: web.RouteDef) -> Entry:
    text = cleandoc(route.handler.__doc__ or "")
    is_, *sections = _SECTION.split(text)
    found = dict(zip(sections[::2], sections[1::2], strict=True))
    examples = [line.strip() for line in found.get("Example", "").splitlines() if line.strip()]
    return Entry(route.path, is_.strip(), _items(found.get("Asked for", "")), _items(found.get("Answer", "")), examples)


def _items(section: str) -> list[tuple[str, str]]:
    """Names and meanings of a section; a meaning may go on in lines that are indented further.

    >>> _items("    kpi: Scores by name,\\n        such as nps.\\n    n: How many.\\n")
    [('kpi', 'Scores by name, such as nps.'), ('n', 'How many.')]
    """
    joined = re.sub(r"\n {8,}", " ", section)
    return [cast("tuple[str, str]", tuple(line.strip().split(": ", 1))) for line in joined.splitlines() if line.strip()]


def api() -> str:
    """The page of the API."""
    return _PAGE + "\n".join(map(_section, entries()))


def _section(entry: Entry) -> str:
    parts = [f"## GET {entry.path}\n\n{entry.is_}\n"]
    for head, rows in (("in the query", entry.asked), ("in the answer", entry.answer)):
        if rows:
            parts.append(table((head, ""), [(f"`{name}`", meaning) for name, meaning in rows]))
    if entry.examples:
        parts.append("```text\n" + "\n".join(entry.examples) + "\n```\n")
    return "\n".join(parts)
