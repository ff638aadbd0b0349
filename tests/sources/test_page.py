"""The page of the sources: each has its section, with what an operator must know, and it is true to the code."""

import re
from typing import ClassVar

import pytest

from stream.reference_sources import events_of, proof, sources
from stream.sources import CATALOGUE
from stream.sources.schemes import Hmac, Open, Scheme, Token

from .examples import FILES

PAGE = sources()
each = pytest.mark.parametrize("name", CATALOGUE)


@each
def test_a_source_says_how_it_is_set_up_and_what_it_lacks(name: str) -> None:
    section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert section is not None
    for row in ("carries", "as", "set it up", "proves who it is by", "limits"):
        said = re.search(rf"^\| {row} \| (.*) \|$", section[1], re.MULTILINE)
        assert said is not None, row
        assert len(said[1].strip()) > 10, row


@pytest.mark.parametrize("name", sorted(set(FILES) - {"generic"}))
def test_every_kind_of_event_that_a_source_makes_has_an_example(name: str) -> None:
    examples = FILES[name]["deliveries"]
    made = {event["type"] for example in examples for event in example.get("events", ())}
    assert made == set(events_of(CATALOGUE[name]))


def test_proofs_in_words() -> None:
    class Own(Scheme):
        """Whatever the moon says. More of it."""

        name: ClassVar[str] = "own"

    stamped = Hmac(header="S", signed="{timestamp}.{body}")
    assert proof(stamped) == "HMAC-SHA256 of `{timestamp}.{body}`, hex in `S`, at most 300 s old"
    assert proof(Token(parameter="token")) == "the secret as `token` in the query of the address"
    assert proof(Token(header="X-Key", prefix="")) == "the secret in the header `X-Key`"
    assert proof(Own()) == "Whatever the moon says"
    assert proof(Open()).startswith("nothing")
