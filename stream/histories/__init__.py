"""Things that count by what came before and after them: contacts and orders of a customer, steps of a case."""

from collections.abc import Callable
from typing import Any

from stream.histories.base import Change, History, Part, Thing
from stream.histories.cases import case_history
from stream.histories.contacts import contact_history
from stream.histories.orders import order_history
from stream.histories.verbatims import verbatim_history
from stream.settings import Settings

#: How each kind is made from the settings, by the topic that its things come from.
_MAKERS: dict[str, Callable[[Settings, int | None], History[Any, Any]]] = {
    "feedback.contacts": contact_history,
    "feedback.orders": order_history,
    "feedback.cases": case_history,
    "feedback.verbatims": verbatim_history,
}


def histories(settings: Settings, until: int | None = None) -> dict[type, History[Any, Any]]:
    """Every kind of history, by the facts that its things are told from."""
    made = [make(settings, until) for make in _MAKERS.values()]
    return {history.facts: history for history in made}


def keep(settings: Settings, topic: str) -> int | None:
    """Seconds beyond the time a thing of a topic can be counted in for which it still matters; None if to none."""
    make = _MAKERS.get(topic)
    return make(settings, None).keep if make else None


__all__ = ["Change", "History", "Part", "Thing", "histories", "keep"]
