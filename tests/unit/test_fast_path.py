"""The hot path never says anything else than models and rules; it may only say less."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.decode import decode, parse
from stream.engine import Engine
from stream.errors import Rejected
from stream.events import Observation
from stream.events.times import isoformat
from stream.fast import observe, read_answer
from stream.identity import OUTCOMES
from stream.index import MemoryIndex
from tests.unit.engines import SETTINGS, START, SURVEYS, feed, new_tables, save
from tests.unit.odd_answers import ODD, ODD_TIMES, records

TOPIC = "feedback.surveys"

Verdict = Observation | tuple[str, str, str]


def verdict(observe: Callable[[], Observation]) -> Verdict:
    """The observation, or the reason, field and message of the rejection."""
    try:
        return observe()
    except Rejected as error:
        return error.reason, error.field, str(error)


def by_fast_path(raw: bytes) -> Verdict | None:
    """None where the fast path leaves it to the models."""
    try:
        return verdict(lambda: observe(read_answer(raw)))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def by_models(raw: bytes) -> Verdict:
    return verdict(lambda: parse(raw, (), TOPIC).observe())


def test_what_the_fast_path_says_the_models_say_too() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=600, deadline=None)
    @given(records())
    def check(raw: bytes) -> None:
        fast, models = by_fast_path(raw), by_models(raw)
        assert fast in (None, models)
        assert verdict(lambda: decode(raw, (), TOPIC, 1 << 20)) == models
        assert verdict(lambda: decode(raw, (), None, 1 << 20)) == verdict(lambda: parse(raw, (), None).observe())
        judged = "left to the models" if fast is None else "observed" if isinstance(fast, Observation) else fast[0]
        seen[judged] += 1

    check()
    assert {"observed", "left to the models", "out_of_range"} <= set(seen)
    assert min(seen["observed"], seen["left to the models"]) > 50


def answer(**changed: str) -> bytes:
    """A good answer, with the JSON text of some fields changed."""
    texts = {"response_id": '"r1"', "kpi": '"nps"', "occurred_at": '"2026-03-01T09:30:00Z"', "score": "9"} | changed
    return ("{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}").encode()


@pytest.mark.parametrize("name", ODD)
def test_one_odd_value_is_judged_alike(name: str) -> None:
    for text in ODD[name]:
        raw = answer(**{name: text})
        assert by_fast_path(raw) in (None, by_models(raw)), text


@given(ODD_TIMES)
@settings(max_examples=300, deadline=None)
def test_times_are_read_alike(text: str) -> None:
    raw = answer(occurred_at=text)
    assert by_fast_path(raw) in (None, by_models(raw))


@pytest.mark.parametrize(
    "raw",
    [
        answer(),
        answer(score="0"),
        answer(score="null", status='"skipped"'),
        answer(score="null", status='"deleted"', updated_at='"2026-03-02T09:30:00.123456789+05:45"'),
        answer(kpi='"ces"', scale='{"min":1,"max":5,"high_is":"harder"}', score="1"),
        answer(channel='"é"', touchpoint=r'"\ud83d\ude00"', team=f'"{"😀" * 64}"', comment=r'"\u0000"'),
        answer(occurred_at='"2026-12-31T23:59:59.9999999-23:59"'),
        answer(revision=str(2**53)),
        answer()[:-1] + b',"score":0}',
        b" \n" + answer() + b"\t ",
    ],
)
def test_the_fast_path_observes_what_is_usual(raw: bytes) -> None:
    fast = by_fast_path(raw)
    assert isinstance(fast, Observation)
    assert fast == by_models(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (answer(score="11"), "out_of_range"),
        (answer(score="-1"), "out_of_range"),
        (answer(score="null"), "missing_field"),
        (answer(kpi='"fcr"'), "unknown_kpi"),
        (answer(scale='{"min":0,"max":100}'), "unknown_scale"),
    ],
)
def test_the_fast_path_rejects_what_is_off_the_scale(raw: bytes, reason: str) -> None:
    fast = by_fast_path(raw)
    assert isinstance(fast, tuple)
    assert fast[0] == reason
    assert fast == by_models(raw)


@pytest.mark.parametrize(
    "raw",
    [
        answer(unknown="1"),
        answer(scale='{"min":0,"max":10,"step":1}'),
        answer(score="9.0"),
        answer(score=str(2**64)),
        answer(scale=f'{{"min":0,"max":{10**30}}}'),
        answer(score="[" * 1000 + "]" * 1000),
        answer(comment=r'"\ud800"'),
        answer(unknown='"?"').replace(b"?", b"\xff"),
        answer(occurred_at='"2026-03-01T09:30:00"'),
        answer(channel=f'"{"é" * 65}"'),
        answer()[:-1],
        b"\xef\xbb\xbf" + answer(),
        b"",
    ],
)
def test_the_fast_path_leaves_the_rest_to_the_models(raw: bytes) -> None:
    assert by_fast_path(raw) is None
    by_models(raw)


#: Few of everything, so that answers meet each other, and what is odd often enough.
PLAIN: dict[str, tuple[Any, ...]] = {
    "response_id": tuple(f"r{number}" for number in range(10)),
    "kpi": ("nps", "csat"),
    "score": (1, 3, 5),
    "occurred_at": tuple(isoformat(START + seconds) for seconds in (0.5, 600, 1_200)),
    "channel": ("phone", "chat"),
}
DIFFERENT: dict[str, tuple[Any, ...]] = {
    "kpi": ("ces", "mood"),
    "score": (None, 11, 4.5),
    "occurred_at": tuple(isoformat(START + seconds) for seconds in (-20_000, -9_000, 3_599, 4_000, 9_000)),
    "updated_at": (None, *(isoformat(START + seconds) for seconds in (-1, 900, 3_000, 9_000))),
    "channel": (None, "", "a\x1fb", "x" * 65),
    "status": ("skipped", "declined", "deleted"),
    "question": ("why", "nps"),
    "scale": ({"min": 1, "max": 5}, {"min": 1, "max": 7, "high_is": "worse"}, {"min": 5, "max": 1}, None),
    "revision": (0, 1),
    "unknown": (1,),
}


@st.composite
def stories(draw: st.DrawFn) -> list[list[bytes]]:
    """Batches of answers; most of them are plain."""

    def event() -> bytes:
        fields = {name: draw(st.sampled_from(values)) for name, values in PLAIN.items()}
        for name in draw(st.sets(st.sampled_from([*DIFFERENT]), max_size=2)):
            fields[name] = draw(st.sampled_from(DIFFERENT[name]))
        return json.dumps(fields).encode()

    return [[event() for _ in range(draw(st.integers(1, 12)))] for _ in range(draw(st.integers(1, 4)))]


class Told(Engine):
    """An engine that counts how often it judges with care, or always does so."""

    careful = 0

    def _judge_with_care(self, *arguments: Any) -> None:
        self.careful += 1
        super()._judge_with_care(*arguments)


def told(*, quick: bool, counted_from: int) -> tuple[Told, MemoryIndex]:
    index, tables = MemoryIndex(), new_tables()
    for table in tables:
        table.position = counted_from
    engine = Told(SURVEYS, tables, index, SETTINGS, late_after=3_600)
    if not quick:
        engine.identities.accept = lambda *_: False  # type: ignore[method-assign]
    return engine, index


def test_the_short_way_counts_as_the_careful_one_does() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=300, deadline=None)
    @given(stories(), st.sampled_from([0, 0, 0, 5]))
    def check(story: list[list[bytes]], counted_from: int) -> None:
        (quick, index), (slow, other) = (told(quick=quick, counted_from=counted_from) for quick in (True, False))
        for batch in story:
            one, two = feed(quick, *batch), feed(slow, *batch)
            assert one.outcomes == two.outcomes
            assert [(each.record.offset, str(each.error)) for each in one.rejections] == [
                (each.record.offset, str(each.error)) for each in two.rejections
            ]
            assert (quick.latest, quick.position) == (slow.latest, slow.position)
            assert save(quick) == save(slow)
            assert index._entries == other._entries
            seen.update(one.outcomes)
        seen["short"] += slow.careful - quick.careful
        seen["careful"] += quick.careful

    check()
    assert set(seen) >= {*OUTCOMES, "short", "careful"}
    assert seen["short"] > 100
