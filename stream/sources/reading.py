"""Reading what others write: paths, texts, numbers, booleans and times, in all the forms that senders have for them."""

import re
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stream.errors import Rejected
from stream.events.times import isoformat

#: The optional dimensions of an event, by the names of their fields.
DIMENSION_FIELDS = ("channel", "touchpoint", "segment", "team", "survey_id")
#: Longer names are cut: an answer is worth more than the end of its team's name.
_MAX_NAME = 64

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")


def find(data: Any, path: str) -> Any:
    """What lies at a path of names and positions with dots between them, or None.

    >>> find({"answers": [{"number": 9}]}, "answers.0.number"), find({"answers": []}, "answers.0.number")
    (9, None)
    """
    for name in path.split("."):
        if isinstance(data, dict):
            data = data.get(name)
        elif isinstance(data, list) and name.isascii() and name.isdigit() and len(name) < 6 and int(name) < len(data):
            data = data[int(name)]
        else:
            return None
    return data


def need(data: Any, path: str) -> Any:
    """What lies at a path.

    Raises:
        Rejected: `unexpected_form` if there is nothing.

    >>> need({"id": 7}, "id")
    7
    """
    found = find(data, path)
    if found is None:
        msg = f"the delivery has no {path}"
        raise Rejected("unexpected_form", path, msg)
    return found


def items(data: Any, path: str) -> list[dict[str, Any]]:
    """The objects in the list at a path; nothing where there is none.

    >>> items({"answers": [{"number": 9}, None]}, "answers")
    [{'number': 9}]
    """
    found = find(data, path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def text(value: Any) -> str | None:
    """A text, or a whole number as one; None for anything else, and for blanks.

    >>> text(" C-77 "), text(5975), text(""), text({})
    ('C-77', '5975', None, None)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def number(value: Any) -> Any:
    """A number that may be written as text or with `.0`; whatever is none stays as it is, to be rejected by its event.

    >>> number("10"), number(9.0), number("6.5"), number("good"), number(None)
    (10, 9, 6.5, 'good', None)
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def boolean(value: Any) -> bool | None:
    """A truth that may be written as text or number.

    >>> boolean("false"), boolean(True), boolean("1"), boolean("perhaps")
    (False, True, True, None)
    """
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(str(value).lower())


def when(value: Any, zone: tzinfo | None = None) -> str | None:
    """A time as events have it, from seconds, milli-, micro- or nanoseconds since 1970, or from a text; None for None.

    `zone` is that of texts without one. What is no time, or has no zone, stays as it is, to be rejected by its event.

    >>> when(1760000000), when("1760000000000"), when("2018-03-28 15:06:20 -0700")
    ('2025-10-09T08:53:20Z', '2025-10-09T08:53:20Z', '2018-03-28T15:06:20-07:00')
    >>> from datetime import UTC
    >>> when("2019-06-25 07:58:25"), when("2019-06-25 07:58:25", UTC), when("2020-03-03 13:05:57 UTC")
    ('2019-06-25T07:58:25', '2019-06-25T07:58:25+00:00', '2020-03-03T13:05:57Z')
    """
    given = number(value)
    if isinstance(given, int | float) and not isinstance(given, bool):
        return _since_1970(given)
    if not isinstance(given, str):
        return None if given is None else str(type(given).__name__)
    found = _TIME.fullmatch(given.strip())
    if found is None:
        return given
    day, hour, offset = found.groups()
    hour = hour if hour.count(":") == 2 else f"{hour}:00"
    if offset is None:
        return f"{day}T{hour}" if zone is None else _in_zone(f"{day}T{hour}", zone)
    if offset[0] in "+-":
        return f"{day}T{hour}{offset if ':' in offset else offset[:3] + ':' + offset[3:]}"
    return f"{day}T{hour}Z"


def time_zone(value: Any) -> Any:
    """A time zone by its name.

    Raises:
        ValueError: if there is none of that name.

    >>> time_zone("Europe/Paris")
    zoneinfo.ZoneInfo(key='Europe/Paris')
    """
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (ZoneInfoNotFoundError, ValueError):
        msg = f"there is no time zone {value!r}"
        raise ValueError(msg) from None


def _since_1970(value: float) -> str:
    for unit in (1e17, 1e14, 1e11):  # nano-, micro-, milliseconds: as seconds they would lie beyond the year 5138
        if abs(value) >= unit:
            value /= unit / 1e8
            break
    try:
        return isoformat(value)
    except (ValueError, OverflowError, OSError):
        return str(value)


def _in_zone(naive: str, zone: tzinfo) -> str:
    try:
        return datetime.fromisoformat(naive).replace(tzinfo=zone).isoformat()
    except ValueError:
        return naive


def dimensions(data: Any) -> dict[str, str]:
    """The dimensions that an object names, whatever the case of its letters.

    >>> dimensions({"Channel": "phone", "Survey ID": 7, "Location": "DE"})
    {'channel': 'phone', 'survey_id': '7'}
    """
    found = {}
    for name, value in data.items() if isinstance(data, dict) else ():
        field = str(name).lower().replace(" ", "_")
        member = text(value)
        if field in DIMENSION_FIELDS and member is not None:
            found[field] = member[:_MAX_NAME]
    return found
