"""Laws of every source, over its examples: what it makes of them, and that senders may change what is not looked at."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from stream.decode import validated
from stream.errors import Rejected
from stream.gateway.intake import understood
from stream.gateway.records import Preparer
from stream.score import Report, Scorer
from stream.settings import Settings
from stream.sources import CATALOGUE
from stream.sources.schemes import Request
from stream.topics import DEAD_LETTERS

from .examples import DELIVERIES, FILES, Delivery

each = pytest.mark.parametrize("delivery", DELIVERIES.values(), ids=DELIVERIES)
UNDERSTOOD = {name: delivery for name, delivery in DELIVERIES.items() if delivery.events}
each_understood = pytest.mark.parametrize("delivery", UNDERSTOOD.values(), ids=UNDERSTOOD)


def made(delivery: Delivery, payload: Any = None, headers: Any = None) -> Any:
    """The events, or the reason why there are none."""
    source = delivery.source
    try:
        return source.events(delivery.payload if payload is None else payload, headers or delivery.headers)
    except Rejected as error:
        return error.reason


def test_every_source_has_examples() -> None:
    assert set(FILES) == set(CATALOGUE) - {"events"}  # these are the examples of docs/events.md


@each
def test_what_is_made_of_a_delivery(delivery: Delivery) -> None:
    before = copy.deepcopy(delivery.payload)
    assert made(delivery) == (delivery.rejected if delivery.events is None else delivery.events)
    assert delivery.payload == before, "another time it must give the same"
    if delivery.delivery is not None:
        assert delivery.source.delivery_id(delivery.payload, delivery.headers) == delivery.delivery


@each_understood
def test_its_events_are_events(delivery: Delivery) -> None:
    for event in delivery.events or ():
        assert validated(event).name == event["type"]
        assert None not in [value for name, value in event.items() if name != "score"]


def _with_more(data: Any) -> Any:
    if isinstance(data, dict):
        return {"another_field": {"score": 1}, **{name: _with_more(value) for name, value in data.items()}}
    return [_with_more(item) for item in data] if isinstance(data, list) else data


def _turned(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _turned(data[name]) for name in reversed(data)}
    return [_turned(item) for item in data] if isinstance(data, list) else data


@each
def test_fields_that_nobody_knows_and_another_order_of_fields_change_nothing(delivery: Delivery) -> None:
    assert made(delivery, _with_more(delivery.payload)) == made(delivery)
    assert made(delivery, _turned(delivery.payload)) == made(delivery)


@each
def test_names_of_headers_know_no_case(delivery: Delivery) -> None:
    for change in (str.lower, str.upper):
        changed = CIMultiDict({change(name): value for name, value in delivery.headers.items()})
        assert made(delivery, headers=changed) == made(delivery)


@pytest.mark.parametrize("name", [name for name, delivery in DELIVERIES.items() if delivery.corrects])
def test_a_correction_replaces_what_it_corrects(name: str) -> None:
    later = DELIVERIES[name]
    earlier = DELIVERIES[f"{later.source.name}: {later.corrects}"]
    for one, other in zip(made(earlier), made(later), strict=True):
        first, second = validated(one).observe(), validated(other).observe()
        assert first.identity == second.identity
        assert first.version < second.version
        assert validated(one).key_of(one) == validated(other).key_of(other), "both must come by one partition"


@pytest.mark.parametrize("name", [name for name, delivery in DELIVERIES.items() if delivery.corrects])
def test_what_comes_again_counts_once(name: str) -> None:
    later = DELIVERIES[name]
    earlier = DELIVERIES[f"{later.source.name}: {later.corrects}"]
    once, again = (
        counted([event for delivery in deliveries for event in made(delivery)])
        for deliveries in ([earlier, later], [earlier, later, earlier, later])
    )
    assert once.scores == again.scores
    for fate in ("accepted", "corrections", "deletions"):
        assert once.summary()[fate] == again.summary()[fate]


def counted(events: list[Any]) -> Report:
    scorer = Scorer(Settings(min_sample=1), now=2e9)
    scorer.count(json.dumps(event).encode() for event in events)
    return scorer.report()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every place of a payload: its container and the name or position in it."""
    inner = list(data.items()) if isinstance(data, dict) else list(enumerate(data)) if isinstance(data, list) else []
    return [(data, name) for name, _ in inner] + [place for _, value in inner for place in places(value)]


@given(st.data())
def test_a_delivery_that_is_not_as_it_should_be_is_rejected_at_worst(data: st.DataObject) -> None:
    delivery = data.draw(st.sampled_from(list(DELIVERIES.values())))
    payload = copy.deepcopy(delivery.payload)
    for _ in range(data.draw(st.integers(1, 3))):
        container, name = data.draw(st.sampled_from(places(payload)))
        if name in container if isinstance(container, dict) else name < len(container):
            container[name] = data.draw(JSON)
    source = copy.copy(delivery.source)
    source.parse = lambda body, headers: payload
    _, prepared = understood(source, Request("", delivery.headers, b"{}"), Preparer(Settings()), now=2e9)
    letters = [record for record in prepared.records if record.topic == DEAD_LETTERS]
    assert len(letters) == bool(prepared.problems)
    assert all(record.value for record in prepared.records)


def test_the_source_of_the_docs_works() -> None:
    page = (Path(__file__).parents[2] / "docs" / "add-a-source.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    made_there: dict[str, Any] = {}
    exec(code, made_there)  # noqa: S102  our own page
    response = {"id": 7, "created_at": 1760000000, "updated_at": "2026-03-01 10:00:00 +0100", "score": "9"}
    (event,) = made_there["Example"]().events({"event": "answered", "response": response}, {})
    assert validated(event).observe().identity == "example:7\0nps"
