"""What a comment says: its language, its sentiment and its themes."""

from collections.abc import Sequence
from typing import NamedTuple

from stream.text import language, sentiment
from stream.text.lexicon import LANGUAGES, lexicon
from stream.text.phrases import Match
from stream.text.sentiment import Mark, Sentiment
from stream.text.taxonomy import Taxonomy
from stream.text.words import STOPS, words

#: As many as an event may hold.
MAX_THEMES = 16
#: Code of languages that cannot be read, where the letters alone say so.
_OTHER = "und"


class Reading(NamedTuple):
    """What was read in a comment: `language` is None where it has no word, themes are in the taxonomy's order."""

    language: str | None
    sentiment: Sentiment
    themes: tuple[str, ...]


class Evidence(NamedTuple):
    """Why: the comment's words, which of them weigh, and which speak of which theme."""

    reading: Reading
    words: Sequence[str]
    marks: Sequence[Mark]
    themes: Sequence[Match[int]]


def analyse(comment: str, hint: str | None, taxonomy: Taxonomy) -> Reading | None:
    """What a comment says; None where it holds no word and no sign, or is in a language that cannot be read.

    `hint` is the language that the event names, such as `fr` or `en-GB`, and is believed. Of a comment the first 10,000
    characters are read.

    >>> taxonomy = Taxonomy.load()
    >>> analyse("45 min d'attente, c'est inadmissible !", None, taxonomy)
    Reading(language='fr', sentiment='negative', themes=('waiting',))
    >>> analyse("Rien à redire, livraison rapide", "fr-FR", taxonomy)
    Reading(language='fr', sentiment='positive', themes=('delivery',))
    >>> analyse("👍", None, taxonomy)
    Reading(language=None, sentiment='positive', themes=())
    >>> analyse("Alles bestens", "de", taxonomy), analyse("...", None, taxonomy)
    (None, None)
    """
    evidence = explain(comment, hint, taxonomy)
    return evidence.reading if evidence else None


def explain(comment: str, hint: str | None, taxonomy: Taxonomy) -> Evidence | None:
    """Likewise, with the words that it rests on."""
    text = words(comment)
    if STOPS.issuperset(text):
        return None
    tongue = _language(comment, text, hint)
    if tongue not in (*LANGUAGES, None):
        return None
    marks = sentiment.marks(text, lexicon(tongue))
    found = list(taxonomy.find(text, tongue))
    themes = tuple(taxonomy.themes[number] for number in sorted({match.value for match in found})[:MAX_THEMES])
    return Evidence(Reading(tongue, sentiment.judge(marks), themes), text, marks, found)


def _language(comment: str, text: Sequence[str], hint: str | None) -> str | None:
    spelt = [word for word in text if word.isalpha()]
    hinted = language.hinted(hint)
    if not spelt:  # signs and numbers say the same in every language
        return hinted if hinted in LANGUAGES else None
    if hinted:
        return hinted
    if sum(word.isascii() for word in spelt) * 2 < len(spelt):
        return _OTHER
    return language.detected(comment)
