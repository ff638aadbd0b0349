"""What workers show, compared with what they must show."""

import asyncio
import time
from datetime import datetime
from typing import Any

from ..integration.harness import Metrics
from .crew import Crew, Member
from .verdict import Expected, rows_wrong
from .world import KPIS, SCORES, WINDOWS

_NAMES = {f"{size}s": (size, advance) for size, advance in WINDOWS.values()}
#: Followed changelogs are late by a flush; whoever is still wrong after so long is wrong.
_PATIENCE_S = 15.0


async def wrong(crew: Crew, member: Member, expected: Expected) -> list[str]:
    """Sentences for scores of a worker that stay wrong, in `/api/scores` and in `/metrics`."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        found = [*await _api(crew, member, expected), *await _metrics(crew, member, expected)]
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.3)


async def _api(crew: Crew, member: Member, expected: Expected) -> list[str]:
    rows = await crew.scores(member)
    if not rows:
        return [f"{member.name} shows no scores"]
    as_of = datetime.fromisoformat(rows[0]["as_of"]).timestamp()
    shown: dict[Any, Any] = {}
    for row in rows:
        if row["kpi"] in SCORES:
            kpi = KPIS[SCORES[row["kpi"]]]
            member_ = "\x1f".join([row["member"], *([row[kpi.label]] if kpi.label else [])])
            place = SCORES[row["kpi"]], row["window"], row["scope"], member_
            shown[place] = {name: row["fields"][name] for name in kpi.fields}
    return list(rows_wrong(_fields(expected, as_of), shown, f"{member.name} /api/scores"))


async def _metrics(crew: Crew, member: Member, expected: Expected) -> list[str]:
    before = time.time()
    metrics = await crew.metrics(member)
    after = time.time()
    if metrics is None:
        return [f"{member.name} shows no metrics"]
    wanted = _samples(expected, before)
    if wanted != _samples(expected, after):
        return [f"{member.name} /metrics: the windows moved on while it was asked"]
    return list(rows_wrong(wanted, _sizes(metrics), f"{member.name} /metrics"))


def _fields(expected: Expected, as_of: float) -> dict[Any, Any]:
    found = {}
    for kpi in KPIS:
        for window, (size, advance) in _NAMES.items():
            end = -int(-as_of // advance) * advance
            for (scope, member), fields in expected.window(kpi, advance, size, end).items():
                found[kpi, window, scope, member] = fields
    return found


def _samples(expected: Expected, as_of: float) -> dict[Any, float]:
    return {key: sum(fields[name] for name in KPIS[key[0]].sample) for key, fields in _fields(expected, as_of).items()}


def _sizes(metrics: Metrics) -> dict[Any, float]:
    found = {}
    for (name, labels), value in metrics.samples.items():
        kpi = name.removeprefix("feedback_").removesuffix("_sample_size")
        if name == f"feedback_{kpi}_sample_size" and kpi in KPIS:
            given = dict(labels)
            label = [given[KPIS[kpi].label]] if KPIS[kpi].label else []
            found[kpi, given["window"], given["scope"], "\x1f".join([given["member"], *label])] = value
    return found
