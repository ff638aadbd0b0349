"""In which of the languages that can be read is a comment written?"""

import re
from collections.abc import Callable
from functools import cache

from stream.text.lexicon import LANGUAGES

#: Enough to tell a language by.
_CHARACTERS = 500
_CODE = re.compile(r"([a-z]{2,3})([-_].*)?", re.IGNORECASE)
#: Longer codes of the same languages, and the one that names none.
_SAME = {"eng": "en", "fra": "fr", "fre": "fr", "und": None}

Classify = Callable[[str], tuple[str, float]]


def hinted(hint: str | None) -> str | None:
    """The language that an event names, as a code in small letters; None where it names none.

    >>> hinted("fr-CA"), hinted("ENG"), hinted("de_AT"), hinted("und"), hinted("the usual one"), hinted(None)
    ('fr', 'en', 'de', None, None, None)
    """
    match = _CODE.fullmatch((hint or "").strip())
    code = match[1].lower() if match else None
    return _SAME.get(code, code) if code else None


def detected(comment: str) -> str:
    """The likeliest of the languages that can be read; short comments can be told wrong.

    >>> detected("je suis très satisfaite"), detected("very happy with it")
    ('fr', 'en')
    """
    return _classifier()(comment[:_CHARACTERS])[0]


@cache
def _classifier() -> Classify:
    import py3langid  # noqa: PLC0415  a quarter of a second, and where events name their language it is not needed

    py3langid.set_languages(list(LANGUAGES))
    classify: Classify = py3langid.classify
    return classify
