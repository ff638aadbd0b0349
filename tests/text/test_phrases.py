"""Expressions: what they find, what they refuse, and that no comment takes them long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.text.phrases import Match, Phrases
from stream.text.words import MAX_CHARACTERS, words


def found(expression: str, text: str) -> list[str]:
    spelt = words(text)
    return [" ".join(spelt[start:end]) for start, end, _ in Phrases([(expression, None)]).all(spelt)]


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        ("attend*", "J'ATTENDS, attendu, inattendu", ["attends", "attendu"]),
        ("délai", "Les delais, le DÉLAI", ["delai"]),
        ("file d'attente", "la file d’attente, file-d-attente", ["file d attente", "file d attente"]),
        ("can't log in", "I cant log in; I can't log in", ["cant log in", "cant log in"]),
        ("can't log in", "I can't. Log in!", []),
        ("personne ... répond*", "personne répond", ["personne repond"]),
        ("personne ... répond*", "personne ne me répondra", ["personne ne me repondra"]),
        ("personne ... répond*", "personne au guichet ne me répond", []),
        ("personne ... répond*", "personne. Répondez", []),
        ("on hold", "on hold on hold", ["on hold", "on hold"]),
        ("so slow", "it's soooooo sloooow", ["so slow"]),
        ("10/10", "10/10", ["10/10"]),
        (":)", "merci :)", [":)"]),
    ],
)
def test_an_expression_is_found(expression: str, text: str, expected: list[str]) -> None:
    assert found(expression, text) == expected


def test_the_longest_wins_and_of_equals_the_first() -> None:
    phrases = Phrases([("pas", 1), ("pas mal", 2), ("pas mal*", 3)])
    assert phrases.longest(["pas", "mal"], 0) == Match(0, 2, 2)
    assert phrases.longest(["pas", "bon"], 0) == Match(0, 1, 1)
    assert phrases.longest(["bon"], 0) is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "must begin and end with a word"),
        ("... long", "must begin and end with a word"),
        ("long ...", "must begin and end with a word"),
        ("a*", "at least 3 letters"),
        ("*", "is no word"),
        ("wa*it", "is no word"),
        ("--", "is no word"),
        ("a b c d e f g h i", "too long"),
        ("a ... b ... c ... d", "too long"),
    ],
)
def test_what_cannot_be_used_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Phrases([(expression, None)])


@given(st.text())
def test_any_text_is_words(text: str) -> None:
    spelt = words(text)
    assert all(spelt)
    assert words(text) == spelt
    assert not any(word != word.lower() for word in spelt)


def test_work_grows_with_the_text_and_no_faster() -> None:
    """The worst that can be written: every word begins the expression, and none ends it."""
    steps = 0

    class Counted(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal steps
            steps += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    phrases = Phrases([("a ... a ... b", None)])

    def count(length: int) -> int:
        nonlocal steps
        steps = 0
        assert not list(phrases.all([Counted("a")] * length))
        return steps

    assert 0 < count(2_000) < 2.1 * count(1_000)


def test_of_a_long_comment_the_beginning_is_read() -> None:
    assert len(words("a " * MAX_CHARACTERS)) == MAX_CHARACTERS / 2
