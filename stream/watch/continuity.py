"""Whether a source partition still is the log that was counted, or scores would be wrong without a word."""

from datetime import UTC, datetime

from faust.types import TP

from stream.errors import ANEW, BrokerError


def check_end(tp: TP, counted: int, end: int) -> None:
    """Compare what was counted, up to an offset, with where the partition ends.

    Raises:
        BrokerError: if records were counted that are not there.

    >>> check_end(TP("feedback.surveys", 0), 500, 700)
    >>> check_end(TP("feedback.surveys", 0), 500, 10)
    Traceback (most recent call last):
    stream.errors.BrokerError: feedback.surveys-0 ends at offset 10, but was counted up to 500: the topic was deleted \
and made anew, or has lost records; `feedback-stream rebuild` counts everything anew \
from the source topics (docs/upgrade.md)
    """
    if counted > end:
        msg = (
            f"{name_of(tp)} ends at offset {end}, but was counted up to {counted}: the topic was deleted and made "
            f"anew, or has lost records; {ANEW}"
        )
        raise BrokerError(msg)


def check_begin(tp: TP, counted: int, begin: int, *, accept_gaps: bool) -> None:
    """Compare what was counted, up to an offset, with where the partition begins.

    Raises:
        BrokerError: if records are missing that nobody has counted.

    >>> check_begin(TP("feedback.surveys", 0), 500, 100, accept_gaps=False)
    """
    if 0 < counted < begin and not accept_gaps:
        msg = (
            f"{name_of(tp)} begins at offset {begin}, but was counted up to {counted}: the {begin - counted} records "
            f"in between were removed before they were counted; {ANEW}, or set accept_gaps=true to go on without them"
        )
        raise BrokerError(msg)


def check_time(tp: TP, offset: int, counted_ms: int, found_ms: int | None) -> None:
    """Compare the time of the last record that was counted with that of the record in its place.

    Raises:
        BrokerError: if they differ: a topic that was made anew may have grown beyond what was counted.

    >>> check_time(TP("feedback.surveys", 0), 499, 1_772_359_200_000, 1_772_359_200_000)
    """
    if found_ms is not None and found_ms != counted_ms:
        msg = (
            f"the record at offset {offset} of {name_of(tp)} is of {_time(found_ms)}, but the one that was counted "
            f"there was of {_time(counted_ms)}: the topic was deleted and made anew; {ANEW}"
        )
        raise BrokerError(msg)


def check_count(topic: str, before: int, now: int) -> None:
    """Compare how many partitions a source topic had with how many it has.

    Raises:
        BrokerError: if they differ: keys go to other partitions then, where nobody knows their answers.
    """
    if before != now:
        found = f"has {now} now" if now else "was deleted"
        msg = f"topic {topic} had {before} partitions when this process started, and {found}; {ANEW}"
        raise BrokerError(msg)


def name_of(tp: TP) -> str:
    """A partition, as logs and errors name it."""
    return f"{tp.topic}-{tp.partition}"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
