"""The law of erasure: whenever it comes, counts stay, the customer is new again, and nobody else is."""

from collections import Counter
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engines import feed, fields, new_engine
from tests.unit.test_erasure import CHURN, churn, erasure

#: One begins as another does, and one holds what parts an identity.
CUSTOMERS = ("a", "ab", "a\0churn")


#: An event of a customer, or a part of a save.
Does = Literal["lost", "joined", "erased", "begin_save", "save"]
DOES: tuple[Does, ...] = ("lost", "lost", "joined", "joined", "erased", "begin_save", "save")
STEPS = st.lists(st.tuples(st.sampled_from(DOES), st.sampled_from(CUSTOMERS)), min_size=20, max_size=60)


class Played:
    """An engine that takes steps; `together`: what is between two parts of a save comes as one batch."""

    def __init__(self, together: bool) -> None:
        self.engine = new_engine(CHURN)
        self.outcomes: Counter[str] = Counter()
        self._together = together
        self._waiting: list[bytes] = []
        self._saving: int | None = None

    def take(self, does: Does, customer: str) -> None:
        if does == "begin_save":
            self.hand_over()
            if self._saving is None:
                self.engine.identities.begin_save()
                self._saving = self.engine.position
        elif does == "save":
            self.hand_over()
            if self._saving is not None:
                self.engine.identities.save(self._saving)
                self._saving = None
        else:
            self._waiting.append(erasure(customer) if does == "erased" else churn(customer, does))
            if not self._together:
                self.hand_over()

    def hand_over(self) -> None:
        if self._waiting:
            self.outcomes.update(feed(self.engine, *self._waiting).outcomes)
            self._waiting = []


def expected(steps: list[tuple[Does, str]]) -> tuple[Counter[str], Counter[str]]:
    """Outcomes, and what is counted."""
    known: set[tuple[str, str]] = set()
    outcomes: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for does, customer in steps:
        if does == "erased":
            known = {thing for thing in known if thing[0] != customer}
            outcomes["accepted"] += 1
        elif does in {"lost", "joined"}:
            new = (customer, does) not in known
            known.add((customer, does))
            outcomes["accepted" if new else "duplicate"] += 1
            counted[does] += new
    return outcomes, counted


@given(STEPS, st.booleans())
def test_what_is_known_and_what_is_counted(steps: list[tuple[Does, str]], together: bool) -> None:
    played = Played(together)
    for does, customer in steps:
        played.take(does, customer)
    played.hand_over()
    outcomes, counted = expected(steps)
    assert played.outcomes == outcomes
    assert fields(played.engine, "retention") == dict(counted)
