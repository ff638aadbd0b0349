"""Is a comment content or discontent? Weights of words, turned by negation, strengthened, and set off by a "but"."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from stream.text.lexicon import Says, Weight
from stream.text.phrases import Phrases
from stream.text.words import STOPS

Sentiment = Literal["positive", "neutral", "negative"]
SENTIMENTS: tuple[Sentiment, ...] = ("positive", "neutral", "negative")

#: Words that a negation reaches, and a word that strengthens or weakens.
_NOT_REACHES, _MORE_REACHES = 4, 2
#: "Not good" is bad, "not bad" is half good.
_TURNED = {True: -0.9, False: -0.5}
_MORE, _LESS = 1.4, 0.25
#: What stands before a "but" counts for less than what stands after it.
_BEFORE_BUT = 0.55
#: One weak word alone is enough for a sentiment, what is nearly balanced is none.
_DOUBT, _NEUTRAL = 1.0, 0.34


class Mark(NamedTuple):
    """What one expression adds: from word `start` up to, not including, word `end`."""

    start: int
    end: int
    weight: float


def marks(text: Sequence[str], lexicon: Phrases[Says]) -> list[Mark]:
    """Everything in a text that weighs, in its order.

    >>> from stream.text.lexicon import lexicon
    >>> marks(["pas", "tres", "aimable"], lexicon("fr"))
    [Mark(start=2, end=3, weight=-2.52)]
    """
    found: list[Mark] = []
    at, not_until, more_until, factor = 0, 0, 0, 1.0
    while at < len(text):
        if text[at] in STOPS:
            not_until = more_until = at
        match = lexicon.longest(text, at)
        if match is None:
            at += 1
            continue
        at = match.end
        if not isinstance(match.value, Weight):
            if "not" in match.value:
                not_until = at + _NOT_REACHES
            if "more" in match.value or "less" in match.value:
                more_until, factor = at + _MORE_REACHES, _MORE if "more" in match.value else _LESS
            if "but" in match.value:
                found = [mark._replace(weight=round(mark.weight * _BEFORE_BUT, 2)) for mark in found]
                not_until = at
        elif match.value.value:
            weight = match.value.value * (factor if match.start < more_until else 1.0)
            if not match.value.has_not and (match.start < not_until or _is_turned_after(text, match.end, lexicon)):
                weight *= _TURNED[weight > 0]
            found.append(Mark(match.start, at, round(weight, 2)))
            more_until = at
            if match.value.ends_with_not:
                not_until = at + _NOT_REACHES
    return found


def _is_turned_after(text: Sequence[str], end: int, lexicon: Phrases[Says]) -> bool:
    """Whether a word after it turns it round, as French does without its "ne": « je recommande vraiment pas »."""
    for at in range(end, min(end + 2, len(text))):
        follows = lexicon.longest(text, at)
        if follows is not None and not isinstance(follows.value, Weight):
            if "not_after" in follows.value:
                return True
            continue
        if follows is not None or text[at] in STOPS:
            return False
    return False


def judge(found: Sequence[Mark]) -> Sentiment:
    """The sentiment that marks come to: neutral where there are none, or as much for as against.

    >>> judge([Mark(0, 1, 2.0)]), judge([Mark(0, 1, 2.0), Mark(3, 4, -2.0)]), judge([])
    ('positive', 'neutral', 'neutral')
    """
    total = sum(mark.weight for mark in found)
    value = total / (sum(abs(mark.weight) for mark in found) + _DOUBT)
    if abs(value) < _NEUTRAL:
        return "neutral"
    return "positive" if value > 0 else "negative"
