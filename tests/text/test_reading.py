"""Comments: what turns a sentiment, what language is believed, and what cannot be read."""

from collections import Counter

import pytest
import yaml

from stream.simulate.comments import MOODS, THEMES, comment
from stream.text import lexicon
from stream.text.comment import MAX_THEMES, analyse
from stream.text.lexicon import LANGUAGES
from stream.text.phrases import Phrases
from stream.text.sentiment import SENTIMENTS
from stream.text.taxonomy import Taxonomy
from tests.text import measure

TAXONOMY = Taxonomy.load()


def sentiment(text: str, language: str) -> str:
    reading = analyse(text, language, TAXONOMY)
    assert reading is not None
    return reading.sentiment


@pytest.mark.parametrize(
    ("language", "content", "discontent"),
    [
        ("fr", "conseiller aimable", "conseiller pas aimable"),
        ("fr", "je recommande", "je ne recommande pas"),
        ("fr", "je recommande", "je recommande pas"),
        ("fr", "je recommande", "je recommande vraiment pas"),
        ("fr", "pas de problème", "des problèmes"),
        ("fr", "jamais déçue", "déçue"),
        ("fr", "sans souci, livraison rapide", "livraison peu rapide"),
        ("fr", "c'est pas cher", "c'est cher"),
        ("fr", "Problème résolu", "Problème toujours pas résolu"),
        ("en", "friendly", "not friendly"),
        ("en", "I'm happy", "I am not very happy"),
        ("en", "no problem", "a problem"),
        ("en", "it works, fixed", "still not fixed"),
        ("en", "helpful", "nobody was helpful"),
        ("en", "would recommend", "wouldn't recommend"),
        ("en", "not bad at all, great", "bad"),
    ],
)
def test_a_negation_turns_what_it_reaches(language: str, content: str, discontent: str) -> None:
    assert sentiment(content, language) == "positive"
    assert sentiment(discontent, language) == "negative"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "pas d'attente, conseillère aimable", "positive"),  # the comma ends what « pas » reaches
        ("fr", "un peu cher", "neutral"),
        ("fr", "cher", "negative"),
        ("fr", "aimable mais lent", "neutral"),
        ("fr", "un peu lent mais excellent", "positive"),
        ("en", "Friendly, but a nightmare to cancel", "negative"),
        ("en", "a bit confusing", "neutral"),
        ("en", "The delivery was on Tuesday", "neutral"),
        ("en", "great 👎👎👎", "negative"),
        ("de", "10/10", "positive"),
        ("de", "1/5 :(", "negative"),
    ],
)
def test_words_beside_it_strengthen_weaken_and_outweigh(language: str, text: str, expected: str) -> None:
    assert sentiment(text, language) == expected


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("Très satisfaite du service", None, "fr"),
        ("Very happy with the service", None, "en"),
        ("ok", "fr", "fr"),
        ("ok", "en-GB", "en"),
        ("Très satisfaite du service", "", "fr"),
        ("👍", None, None),
        ("👍", "fr_CA", "fr"),
        ("10/10", None, None),
        ("👍", "de", None),
        ("Très satisfaite du service", "und", "fr"),
    ],
)
def test_the_language_is_the_one_that_is_named_or_the_likeliest(
    text: str, hint: str | None, language: str | None
) -> None:
    reading = analyse(text, hint, TAXONOMY)
    assert reading is not None
    assert reading.language == language


@pytest.mark.parametrize(
    ("text", "hint"),
    [("Alles bestens", "de"), ("все хорошо", None), ("非常に良い", None), ("", None), ("…", None), (" - ? !", "fr")],
)
def test_what_cannot_be_read_is_not_guessed(text: str, hint: str | None) -> None:
    assert analyse(text, hint, TAXONOMY) is None


def test_no_more_themes_than_an_event_holds() -> None:
    text = "attente, joindre, aimable, compétent, résolu, effort, promesse, information, prix, facture, remboursé, "
    reading = analyse(text + "contrat, livraison, produit, site, robot, panne", "fr", TAXONOMY)
    assert reading is not None
    assert len(TAXONOMY.themes) > MAX_THEMES == len(reading.themes)
    assert reading.themes == TAXONOMY.themes[:MAX_THEMES]


# The lexicons and the sample


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_expression_has_one_weight(language: str) -> None:
    data = lexicon._read(language)
    entries = [expression for expressions in data["weights"].values() for expression in expressions]
    assert [entry for entry, count in Counter(entries).items() if count > 1] == []
    assert all(isinstance(entry, str) for entry in entries), "what YAML takes for something else must be quoted"
    assert set(data) == {*lexicon.ROLES, "weights"}
    assert set(data["weights"]) <= set(range(-3, 4))
    Phrases([(entry, None) for entry in entries])


def test_the_sample_is_what_the_page_says_it_is() -> None:
    labelled = measure.sample()
    assert [each.number for each in labelled] == list(range(1, len(labelled) + 1))
    assert {each.sentiment for each in labelled} == set(SENTIMENTS)
    assert {theme for each in labelled for theme in each.themes} == set(TAXONOMY.themes)
    for group in measure.GROUPS:
        languages = Counter(each.language for each in labelled if each.group == group)
        assert abs(languages["fr"] - languages["en"]) <= 2
    twice = Counter((each.language, each.comment) for each in labelled if each.language != "-").most_common(1)
    assert twice[0][1] == 1, "a comment in two groups would be known in both"


def test_the_page_says_what_is_measured() -> None:
    assert measure.main(["--check"]) == 0, "run `python -m tests.text.measure`"


def test_another_lexicon_would_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.text.comment.lexicon", lambda _: lexicon.lexicon(None))
    assert measure.main(["--check"]) == 1


def test_what_the_simulator_writes_is_mostly_understood() -> None:
    """Others wrote these comments: a mood and a theme for each."""
    right: Counter[str] = Counter()
    total = 0
    for language in LANGUAGES:
        for mood in MOODS:
            for theme in THEMES:
                for step in range(20):
                    reading = analyse(comment(lambda at=step: (at + 0.5) / 20, language, mood, theme), None, TAXONOMY)  # type: ignore[misc]
                    assert reading is not None
                    total += 1
                    right["language"] += reading.language == language
                    right["mood"] += reading.sentiment == mood
                    right["contrary"] += {reading.sentiment, mood} == {"positive", "negative"}
                    right["theme"] += theme in reading.themes
    assert total == 720
    assert right["language"] > 0.97 * total
    assert right["mood"] > 0.75 * total
    assert right["theme"] > 0.9 * total
    assert right["contrary"] < 0.02 * total


def test_the_default_taxonomy_is_yaml_that_others_read_too() -> None:
    assert list(yaml.safe_load((measure.ROOT / "stream/text/taxonomy.yaml").read_text(encoding="utf-8"))["themes"]) == [
        *TAXONOMY.themes
    ]
