"""Redaction: marks such as [email] instead of what a comment gives away of a person."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import orjson

#: Fewer digits than this say nothing: the shortest number that is looked for, the British one, has six.
_FEW_DIGITS = 6
_SUSPICIOUS = re.compile(r"[@＠\d]")
_DIGIT = re.compile(r"\d")
_EMAIL = re.compile(
    r"""(?<![\w.!#$%&'*+/=?^`{|}~-])          # only from an address's beginning, or long words would take long
        (['`]*)                               # quotes around it stay
        (?:[\w.!#$%&'*+/=?^`{|}~-]+|"[^"\n]{1,64}")
        \s?[@＠]\s?
        (?:[\w-]+\.)+[^\W\d_][\w-]*""",
    re.VERBOSE,
)
#: Candidates that are looked at closely in one text; what comes after them is taken for what it looks like.
_MAX_CANDIDATES = 500


class _Kind(NamedTuple):
    """A kind of number: its mark, what it looks like, and whether it is one."""

    mark: str
    looks: re.Pattern[str]
    is_one: Callable[[str], bool]


def redact(comment: str, region: str) -> str:
    """The comment with marks instead of e-mail addresses, IBANs, cards, national numbers and phone numbers.

    `region` (ISO 3166, such as FR) is where phone numbers without a country's code are from. Numbers must be valid,
    and stand for themselves: what is glued to letters is taken for a code of the shop's. Redacting twice changes
    nothing more.

    >>> redact("Call me on 06 12 34 56 78 or at jane.doe@example.com, about order 4711", "FR")
    'Call me on [phone] or at [email], about order 4711'
    >>> redact("My card 4111 1111 1111 1111 was charged twice", "FR")
    'My card [card] was charged twice'
    """
    if _SUSPICIOUS.search(comment) is None:
        return comment
    while (redacted := _redacted_once(comment, region)) != comment:
        comment = redacted  # what was taken out may have been in the way of something else
    return comment


def _redacted_once(text: str, region: str) -> str:
    text = _EMAIL.sub(r"\1[email]", text)
    if len(_DIGIT.findall(text)) < _FEW_DIGITS:
        return text
    for kind in _kinds(region):
        text = _marked(text, kind)
    return text


def _kinds(region: str) -> Iterator[_Kind]:
    from stream.privacy import personal  # noqa: PLC0415  most comments hold no number, and most programs no comment

    yield from (_Kind(*kind) for kind in personal.KINDS)
    yield _Kind("[phone]", personal.PHONE, partial(personal.is_phone, region=region))


def _marked(text: str, kind: _Kind) -> str:
    """The text with the kind's mark instead of each of its numbers."""
    parts: list[str] = []
    done = at = candidates = 0
    while found := kind.looks.search(text, at):
        for end in _ends(text, found):
            candidates += 1
            if candidates > _MAX_CANDIDATES or kind.is_one(text[found.start() : end]):
                parts += (text[done : found.start()], kind.mark)
                done = at = end
                break
        else:
            at = found.start() + 1
    return "".join((*parts, text[done:]))


def _ends(text: str, found: re.Match[str]) -> Iterator[int]:
    """Where a number that begins here can end, the longest first: what follows it may be another number."""
    for end in range(found.end(), found.start(), -1):
        if text[end - 1].isalnum() and not text[end : end + 1].isalnum():
            yield end


def redact_comment(line: bytes, event: dict[str, Any], region: str) -> bytes:
    """An event's line with its comment redacted: the line itself, byte for byte, where nothing was to be done.

    >>> redact_comment(b'{"score": 9}', {"score": 9}, "FR")
    b'{"score": 9}'
    """
    comment = event.get("comment")
    if not isinstance(comment, str) or (redacted := redact(comment, region)) == comment:
        return line
    return orjson.dumps(event | {"comment": redacted})


def redact_shown(value: bytes, region: str) -> str:
    """A record's bytes for a person to look at: redacted in each text and number of its JSON, or as a whole.

    >>> redact_shown(b'{"comment":"jane@example.com","score":6.5}', "FR")
    '{"comment":"[email]","score":6.5}'
    """
    text = value.decode("utf-8", "replace")
    try:
        data = orjson.loads(value)
    except orjson.JSONDecodeError:
        return redact(text, region)
    redacted = _redacted_json(data, region)
    return text if redacted == data else orjson.dumps(redacted).decode()


def _redacted_json(data: Any, region: str) -> Any:
    match data:
        case str():
            return redact(data, region)
        case int() if not isinstance(data, bool):
            redacted = redact(str(data), region)
            return data if redacted == str(data) else redacted
        case list():
            return [_redacted_json(item, region) for item in data]
        case dict():
            return {redact(name, region): _redacted_json(item, region) for name, item in data.items()}
        case _:
            return data
