"""A comment as words: folded, so that accents and capitals do not matter, with the signs that end a clause."""

import re
import unicodedata

#: What is read of a comment: the rest of a longer one is hardly an answer to a survey.
MAX_CHARACTERS = 10_000

#: Ends what a negation reaches, and no expression goes across it.
STOPS = frozenset(".!?;:,()\n")

_ENGLISH_NOT = re.compile(r"(?<=[a-z])n['’]t\b")
_LONG = re.compile(r"([^\W\d_])\1{2,}")
_MARKS = re.compile("[\u0300-\u036f]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'"})
_TOKEN = re.compile(
    r"""\d+/\d+                              # 9/10
      | [^\W_]+                              # words and numbers; apostrophes and hyphens part them
      | [:;=]['’]?-?[()d/](?![^\W_]|/) | <3  # smileys
      | [.!?;:,()\n]
      | [\u2600-\u27bf\u2b50\U0001f300-\U0001faff]""",
    re.VERBOSE,
)


def fold(text: str) -> str:
    """Small letters without accents; letters drawn out are one letter, and `n't` loses its apostrophe.

    >>> fold("Très DÉÇUE, ça n'a pas marché… I can't, it's sooooo slow")
    "tres decue, ca n'a pas marche... i cant, it's so slow"
    """
    text = text.lower()
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_LIGATURES)))
    return _ENGLISH_NOT.sub("nt", _LONG.sub(r"\1", text))


def words(text: str) -> list[str]:
    """Words, numbers, smileys and the signs that end a clause, in their order.

    >>> words("L'attente : 45 min 👎, 2/10")
    ['l', 'attente', ':', '45', 'min', '👎', ',', '2/10']
    """
    return _TOKEN.findall(fold(text[:MAX_CHARACTERS]))
