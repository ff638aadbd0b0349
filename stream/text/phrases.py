"""Words and expressions found in a comment: what the lexicons and the taxonomy are written in."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from stream.text.words import STOPS, words

Value = TypeVar("Value")

#: Other words that `...` may stand for.
_GAP_WORDS = 3
_MAX_PARTS = 8
_MIN_STEM = 3
#: Words whose beginnings were looked up are remembered, so many of them.
_KNOWN_WORDS = 20_000


class _Part(NamedTuple):
    """A word, or the beginning of one; `gap`: others may stand before it."""

    text: str
    stem: bool = False
    gap: bool = False

    def fits(self, word: str) -> bool:
        return word.startswith(self.text) if self.stem else word == self.text


class _Entry(NamedTuple, Generic[Value]):
    """What follows the first word of an expression; `second` is the next word, where it can be one word only."""

    second: str | None
    rest: Sequence[_Part]
    value: Value


class Match(NamedTuple, Generic[Value]):
    """An expression that was found: from word `start` up to, not including, word `end`."""

    start: int
    end: int
    value: Value


class Phrases(Generic[Value]):
    """Expressions, each with a value: `attend*`, `file d'attente`, `personne ... répond*`.

    `*` is any ending, `...` up to three words in between. Time is linear in the text: nothing here can be made to
    search for long by what a customer writes.

    Raises:
        ValueError: for an expression that cannot be used, with the reason.

    >>> phrases = Phrases([("file d'attente", "queue"), ("attend*", "wait"), ("personne ... répond*", "nobody")])
    >>> text = words("J'attends, personne au guichet ne répond")
    >>> [(match.value, text[match.start:match.end]) for match in phrases.all(text)]
    [('wait', ['attends']), ('nobody', ['personne', 'au', 'guichet', 'ne', 'repond'])]
    """

    def __init__(self, entries: Iterable[tuple[str, Value]]) -> None:
        self._by_word: dict[str, list[_Entry[Value]]] = {}
        self._by_stem: dict[str, list[_Entry[Value]]] = {}
        self._known: dict[str, list[_Entry[Value]]] = {}
        for text, value in entries:
            first, *rest = _parts(text)
            second = rest[0].text if rest and not rest[0].stem and not rest[0].gap else None
            entries_of = self._by_stem if first.stem else self._by_word
            entries_of.setdefault(first.text, []).append(_Entry(second, rest, value))
        self._longest = max(map(len, self._by_stem), default=0)

    def at(self, text: Sequence[str], start: int) -> Iterator[Match[Value]]:
        """What begins at one word."""
        word = text[start]
        known = self._known.get(word)
        if known is None:
            known = self._look_up(word)
        following = text[start + 1] if start + 1 < len(text) else ""
        for second, rest, value in known:
            if second is not None and second != following:  # most of what begins with a frequent word
                continue
            end = _end(text, start + 1, rest) if rest else start + 1
            if end:
                yield Match(start, end, value)

    def all(self, text: Sequence[str]) -> Iterator[Match[Value]]:
        """Everything that is found, also where it overlaps."""
        for start in range(len(text)):
            yield from self.at(text, start)

    def longest(self, text: Sequence[str], start: int) -> Match[Value] | None:
        """The longest of what begins at one word; of several as long, the one that was named first."""
        return max(self.at(text, start), key=lambda match: match.end, default=None)

    def _look_up(self, word: str) -> list[_Entry[Value]]:
        found = list(self._by_word.get(word, ()))
        for length in range(min(len(word), self._longest), _MIN_STEM - 1, -1):
            found += self._by_stem.get(word[:length], ())
        if len(self._known) >= _KNOWN_WORDS:
            self._known.clear()
        self._known[word] = found
        return found


def _parts(text: str) -> list[_Part]:
    parts: list[_Part] = []
    gap = False
    for piece in text.split():
        if piece in {"...", "…"}:
            gap = True
            continue
        stem = piece.endswith("*")
        found = words(piece.removesuffix("*"))
        if not found or "*" in piece[:-1]:
            msg = f"{piece!r} is no word: write words, * at the end of a beginning, and ... for words in between"
            raise ValueError(msg)
        if stem and len(found[-1]) < _MIN_STEM:
            msg = f"{piece!r} would fit too many words: write at least {_MIN_STEM} letters before *"
            raise ValueError(msg)
        parts += [
            _Part(word, stem and number == len(found), gap and number == 1) for number, word in enumerate(found, 1)
        ]
        gap = False
    if not parts or parts[0].gap or gap:
        msg = f"{text!r} must begin and end with a word"
        raise ValueError(msg)
    if len(parts) > _MAX_PARTS or sum(part.gap for part in parts) > 2:
        msg = f"{text!r} is too long: at most {_MAX_PARTS} words, and twice ..."
        raise ValueError(msg)
    return parts


def _end(text: Sequence[str], at: int, parts: Sequence[_Part]) -> int:
    """Where these parts end that begin at a word, or 0 where they do not."""
    for number, part in enumerate(parts):
        if part.gap:
            return _end_after_gap(text, at, parts[number:])
        if at >= len(text) or not part.fits(text[at]):
            return 0
        at += 1
    return at


def _end_after_gap(text: Sequence[str], at: int, parts: Sequence[_Part]) -> int:
    rest = [parts[0]._replace(gap=False), *parts[1:]]
    for start in range(at, min(at + _GAP_WORDS + 1, len(text))):
        end = _end(text, start, rest)
        if end:
            return end
        if text[start] in STOPS:
            return 0
    return 0
