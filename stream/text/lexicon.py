"""What words say in each language: weights of expressions, and words that turn or strengthen others."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from stream.text.phrases import Phrases

#: Languages that can be read: each has a lexicon.
LANGUAGES = ("en", "fr")

#: What a word does to others: `not` turns round what follows, `not_after` what stands right before it, `more` and
#: `less` strengthen and weaken, `but` sets what follows over what came before.
Role = Literal["not", "not_after", "more", "less", "but"]
ROLES: tuple[Role, ...] = ("not", "not_after", "more", "less", "but")

#: A weight from 3 (delighted) to −3 (outraged), or the roles of a word; one word can have two.
Says = float | frozenset[Role]


@cache
def lexicon(language: str | None) -> Phrases[Says]:
    """The lexicon of a language, with the signs that all share; for none these alone.

    >>> found = lexicon("fr").longest(["pas", "mal"], 0)
    >>> found.end, found.value
    (2, 1.0)
    """
    entries = dict(_weights(_read("emoji")))
    if language is not None:
        data = _read(language)
        roles = {word: frozenset(role for role in ROLES if word in data[role]) for word in _words(data)}
        entries |= roles | dict(_weights(data))
    return Phrases(entries.items())


def _words(data: Any) -> Iterator[str]:
    for role in ROLES:
        yield from data[role]


def _weights(data: Any) -> Iterator[tuple[str, Says]]:
    for weight, expressions in data["weights"].items():
        for expression in expressions:
            yield expression, float(weight)


def _read(name: str) -> Any:
    return yaml.safe_load(files("stream.text").joinpath("lexicons", f"{name}.yaml").read_text(encoding="utf-8"))
