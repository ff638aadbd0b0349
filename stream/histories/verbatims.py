"""What the reading of a comment counts as: once for its mood, and once for each theme it mentions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from stream.histories.base import History, Part, Thing
from stream.measures import Heard
from stream.settings import Settings


class VerbatimFacts(NamedTuple):
    """Of one comment: its themes, and what its writer is by the answer to the NPS question, if that was asked."""

    name: str
    sentiment: str | None
    themes: tuple[str, ...]
    group: str | None

    def hidden(self, pseudonym: Callable[[str], str]) -> Self:
        return self  # it belongs to nobody


def verbatim_history(settings: Settings, until: int | None = None) -> History[VerbatimFacts, Heard]:
    """One comment; the last part of the dimensions it counts for is a theme, or empty for the comment as such."""
    return History(VerbatimFacts, Heard, _tell, until=until)


def _tell(comments: Sequence[Thing[VerbatimFacts, Heard]]) -> list[list[Part[Heard]]]:
    told: list[list[Part[Heard]]] = []
    for comment in comments:
        sentiment, group = comment.facts.sentiment, comment.facts.group
        parts: list[Part[Heard]] = []
        if sentiment is not None:
            parts.append((comment.time, (*comment.dimensions, ""), Heard(sentiment, group)))
            mentioned = Heard(None, group)
            parts += [
                (comment.time, (*comment.dimensions, theme), mentioned) for theme in sorted(set(comment.facts.themes))
            ]
        told.append(parts)
    return told
