"""Deliveries among the dead letters, understood once more: by a source that was mended, or is told more."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from multidict import CIMultiDict

from stream.errors import FeedbackError
from stream.gateway.inlets import sources
from stream.gateway.intake import PLACE, understood
from stream.gateway.records import Preparer, Record
from stream.settings import Settings
from stream.sources.schemes import Request

if TYPE_CHECKING:
    from stream.dead_letters import DeadLetter


def is_delivery(letter: "DeadLetter") -> bool:
    """Whether it came by the gateway, not by a topic."""
    return letter.origin.startswith(PLACE)


def again(settings: Settings, letters: Iterable["DeadLetter"], now: float) -> Iterator[Record]:
    """The records that deliveries become now; what is still wrong with one is a new dead letter.

    Raises:
        FeedbackError: if there is no such source any more.
        SettingsError: if the file of sources cannot be used.
    """
    known, preparer = sources(settings), Preparer(settings)
    for letter in letters:
        name = letter.origin.removeprefix(PLACE).removesuffix("--")
        if name not in known:
            msg = f"the dead letter {letter.id} came by {PLACE}{name}, which is no source (setting gateway_sources)"
            raise FeedbackError(msg)
        headers = CIMultiDict((key, value.decode(errors="replace")) for key, value in letter.headers)
        _, prepared = understood(known[name], Request("", headers, letter.value or b""), preparer, now)
        yield from prepared.records
