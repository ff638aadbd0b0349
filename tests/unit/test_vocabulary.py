"""Contributions become columns: members by number, in each group of the schemes."""

from itertools import islice

import pytest

from stream import vocabulary as module
from stream.measures import Rating
from stream.panes import SEPARATOR, Scheme
from stream.vocabulary import Vocabulary

ROOTS = Scheme(("all", "team"), ((), (3,)), {60: 3_600}, 0, 10)
CROSS = Scheme(("cross",), ((0, 1, 3),), {3_600: 86_400}, 0, 10)
ANSWERS = [
    ("phone", "billing", "b2b", "t1", "s"),
    ("chat", "billing", "b2b", "t2", "s"),
    ("phone", "billing", "b2c", "t1", "s"),
    ("phone", "a\x1fb", "b2c", "t1", "s"),
    ("phone", "a b", "b2c", "t1", "s"),
]


@pytest.mark.parametrize("max_code", [2**63 - 1, 1])
def test_a_batch_says_of_each_contribution_which_members_it_is_of(
    max_code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_CODE", max_code)  # with 1 the codes are made small again at each step
    vocabulary = Vocabulary([ROOTS, CROSS])
    contributed: list[int] = []
    for offset, dimensions in enumerate(ANSWERS, 7):
        measure = vocabulary.measures[Rating("nps", 9, 0, 10)]
        contributed += (1_500_000, measure, 1, offset, *vocabulary.numbers(dimensions))
    batch = vocabulary.batch(contributed, through=20, stream_time=2)
    named = [
        [next(islice(members, number, None)) for members, number in zip(vocabulary.members, row, strict=True)]
        for row in batch.members.tolist()
    ]
    crossed = [
        SEPARATOR.join((channel, touchpoint.replace("\x1f", " "), team)) for channel, touchpoint, _, team, _ in ANSWERS
    ]
    assert named == [["all", each[3], cross] for each, cross in zip(ANSWERS, crossed, strict=True)]
    assert [*vocabulary.members[2]] == crossed[:2] + crossed[3:4], "each once, in the order in which they come"
    assert (batch.offsets.tolist(), batch.seconds.tolist()) == ([7, 8, 9, 10, 11], [1] * 5)


def test_nothing_contributed_is_an_empty_batch() -> None:
    batch = Vocabulary([ROOTS, CROSS]).batch([], through=3, stream_time=0)
    assert (batch.members.shape, batch.through) == ((0, 3), 3)
    assert Vocabulary([]).batch([], through=3, stream_time=0).members.shape == (0, 0)


def test_a_vocabulary_with_too_many_names_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX", 3)
    vocabulary = Vocabulary([ROOTS])
    for number in range(3):
        vocabulary.numbers(("phone", "billing", "b2b", f"t{number}", "s"))
    assert not vocabulary.full
    vocabulary.numbers(("phone", "billing", "b2b", "t3", "s"))
    assert vocabulary.full
