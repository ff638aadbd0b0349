"""What a shell completes besides commands and options: names that the settings and the catalogues know."""

from collections.abc import Callable, Iterable

from stream.errors import FeedbackError
from stream.events import SOURCES
from stream.kpi import KPIS, SCORES
from stream.settings import Settings
from stream.simulate import SCENARIOS

Completion = Callable[[str], list[str]]


def _completes(names: Callable[[Settings], Iterable[str]]) -> Completion:
    def complete(incomplete: str) -> list[str]:
        try:
            return [name for name in names(Settings.load()) if name.startswith(incomplete)]
        except FeedbackError:
            return []  # somebody is typing: the command itself says what is wrong with the settings

    return complete


def _sources(settings: Settings) -> Iterable[str]:
    from stream.gateway.inlets import sources  # noqa: PLC0415  most commands need no sources

    return sorted(sources(settings))


def _reasons(_: Settings) -> Iterable[str]:
    from stream.reference_domain import REASONS  # noqa: PLC0415  most commands need no pages

    return sorted(REASONS)


scores = _completes(lambda _: SCORES)
watched = _completes(lambda _: (name for name, kpi in KPIS.items() if kpi.watch is not None))
scopes = _completes(lambda settings: ("all", *settings.scopes))
windows = _completes(lambda settings: (window.name for window in settings.windows))
scenarios = _completes(lambda _: SCENARIOS)
sources = _completes(_sources)
reasons = _completes(_reasons)
topics = _completes(lambda _: SOURCES)
