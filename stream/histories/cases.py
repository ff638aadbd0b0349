"""What the steps of a case count as: it is opened, falls due, is closed, in time or not."""

from collections.abc import Sequence
from typing import NamedTuple

from stream.histories.base import History, Part, Thing
from stream.kpi.durations import bucket
from stream.measures import Handled
from stream.settings import Settings


class CaseFacts(NamedTuple):
    """Of one step: which one it is."""

    name: str


def case_history(settings: Settings, until: int | None = None) -> History[CaseFacts, Handled]:
    """All steps of one case. What counts it when it falls due is told of its opening, though that lies ahead then."""
    target = settings.case_target * 1_000_000

    def tell(steps: Sequence[Thing[CaseFacts, Handled]]) -> list[list[Part[Handled]]]:
        at = {step.facts.name: step.time for step in steps}
        opened, closed = at.get("opened"), at.get("closed")
        told: dict[str, list[Part[Handled]]] = {}
        dimensions = next((step.dimensions for step in steps if step.facts.name == "opened"), ())
        if opened is not None:
            in_time = closed is not None and closed <= opened + target
            told["opened"] = [
                (opened, dimensions, Handled(opened=1)),
                (opened + target, dimensions, Handled(due=1, in_time=int(in_time))),
            ]
            if closed is not None:
                told["closed"] = [(closed, dimensions, Handled(closed=1, took=bucket(closed - opened)))]
        return [told.get(step.facts.name, []) for step in steps]

    return History(CaseFacts, Handled, tell, settings.case_target, until)
