"""What words say in each language: weights of expressions, and words that turn or strengthen others."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import yaml

from stream.text.phrases import Phrases
from stream.text.words import words

#: Languages that can be read: each has a lexicon.
LANGUAGES = ("en", "fr")

#: What a word does to others: `not` turns round what follows, `not_after` what stands right before it, `more` and
#: `less` strengthen and weaken, `but` sets what follows over what came before.
Role = Literal["not", "not_after", "more", "less", "but"]
ROLES: tuple[Role, ...] = ("not", "not_after", "more", "less", "but")


class Weight(NamedTuple):
    """How content an expression is, from 3 (delighted) to −3 (outraged).

    One that holds a "not" is not turned by another; one that ends with it turns what follows: "still not fixed".
    """

    value: float
    has_not: bool = False
    ends_with_not: bool = False


#: What an expression says: a weight, or the roles of a word, which can have two.
Says = Weight | frozenset[Role]


@cache
def lexicon(language: str | None) -> Phrases[Says]:
    """The lexicon of a language, with the signs that all share; for none these alone.

    >>> found = lexicon("fr").longest(["pas", "mal"], 0)
    >>> found.end, found.value
    (2, Weight(value=1.0, has_not=True, ends_with_not=False))
    """
    entries = dict(_weights(_read("emoji")))
    if language is not None:
        data = _read(language)
        roles = {word: frozenset(role for role in ROLES if word in data[role]) for word in _role_words(data)}
        entries |= roles | dict(_weights(data))
    return Phrases(entries.items())


def _role_words(data: Any) -> Iterator[str]:
    for role in ROLES:
        yield from data[role]


def _weights(data: Any) -> Iterator[tuple[str, Says]]:
    nots = {*data.get("not", ())}
    for weight, expressions in data["weights"].items():
        for expression in expressions:
            spelt = words(expression)
            yield expression, Weight(float(weight), not nots.isdisjoint(spelt), spelt[-1] in nots)


def _read(name: str) -> Any:
    return yaml.safe_load(files("stream.text").joinpath("lexicons", f"{name}.yaml").read_text(encoding="utf-8"))
