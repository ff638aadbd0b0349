"""What the steps of a case count as: it is opened, falls due, is closed in time or not, and perhaps opened again."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from stream.histories.base import History, Part, Thing
from stream.kpi.durations import bucket
from stream.measures import Handled
from stream.settings import Settings

#: A case that was opened must be known until it is closed, or it would count as open for ever.
KEEP_S = 400 * 86_400


class CaseFacts(NamedTuple):
    """Of one step: its name in the case, and whether the case is open after it; None if it changes nothing of that."""

    name: str
    opens: bool | None

    def hidden(self, pseudonym: Callable[[str], str]) -> Self:
        return self  # it belongs to nobody


_Step = Thing[CaseFacts, Handled]


def case_history(settings: Settings, until: int | None = None) -> History[CaseFacts, Handled]:
    """All steps of one case. It falls due once, so long after it was first opened, and was in time if closed then.

    That is told of its opening, though it lies ahead then. All of it counts where the case was opened.
    """
    target = settings.case_target * 1_000_000

    def tell(steps: Sequence[_Step]) -> list[list[Part[Handled]]]:
        told: dict[str, list[Part[Handled]]] = {}
        first: _Step | None = None
        is_open = in_time = False
        # At equal times a case is opened before it is closed.
        for step in sorted(steps, key=lambda step: (step.time, not step.facts.opens)):
            if step.facts.opens is None or step.facts.opens is is_open or (first is None and not step.facts.opens):
                continue
            first, is_open = first or step, step.facts.opens
            measure = Handled(opened=1) if is_open else Handled(closed=1, took=bucket(step.time - first.time))
            told[step.facts.name] = [(step.time, first.dimensions, measure)]
            if step.time <= first.time + target:
                in_time = not is_open
        if first is not None:
            due = (first.time + target, first.dimensions, Handled(due=1, in_time=int(in_time)))
            told[first.facts.name].append(due)
        return [told.get(step.facts.name, []) for step in steps]

    return History(CaseFacts, Handled, tell, KEEP_S, until)
