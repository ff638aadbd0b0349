"""RFC 3339 times, read in one way everywhere."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from stream.events.shown import shown

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

#: The hot path decodes with this type, the models with `EventTime`: the same parser, so the same verdict.
ZonedTime = Annotated[datetime, msgspec.Meta(tz=True)]


def parse_time(text: Any) -> datetime:
    """An RFC 3339 time with an offset.

    Finer digits than microseconds are rounded.

    Raises:
        PydanticCustomError: `time_without_zone` or `invalid_time`.

    >>> parse_time("2026-03-01T09:30:00+01:00").isoformat()
    '2026-03-01T09:30:00+01:00'
    """
    if isinstance(text, datetime) and text.tzinfo is not None:
        return text
    try:
        return msgspec.convert(text, ZonedTime)
    except msgspec.ValidationError as error:
        if isinstance(text, str) and "timezone" in str(error):
            raise PydanticCustomError(
                "time_without_zone", "a time needs an offset such as Z or +01:00; got {given}", {"given": shown(text)}
            ) from None
        raise PydanticCustomError(
            "invalid_time",
            "a time is written as in RFC 3339, such as 2026-03-01T09:30:00Z; got {given}",
            {"given": shown(text)},
        ) from None


EventTime = Annotated[datetime, BeforeValidator(parse_time), WithJsonSchema({"type": "string", "format": "date-time"})]


def micros(time: datetime) -> int:
    """Microseconds since the epoch.

    >>> micros(parse_time("1970-01-01T00:00:01.5Z"))
    1500000
    """
    return (time - EPOCH) // MICROSECOND


def isoformat(seconds: float) -> str:
    """RFC 3339 in UTC of seconds since the epoch.

    >>> isoformat(1.5), isoformat(60)
    ('1970-01-01T00:00:01.500000Z', '1970-01-01T00:01:00Z')
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
