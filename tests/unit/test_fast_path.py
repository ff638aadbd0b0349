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

TOPIC = "feedback.surveys"

#: The name and the JSON text of each field, so that odd JSON and what is not JSON can be written too.
Fields = list[tuple[str, str]]
Texts = st.SearchStrategy[str]
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


def quoted(texts: Texts) -> Texts:
    """JSON strings, with and without escapes."""
    return st.builds(lambda text, ascii_only: json.dumps(text, ensure_ascii=ascii_only), texts, st.booleans())


def one_of(*texts: str) -> Texts:
    return st.sampled_from(texts)


#: Parts of a time: what is usual, and what is not.
DATES = st.dates().map(str) | one_of("2024-02-29", "2026-03-01", "0001-01-01", "9999-12-31")
CLOCKS = st.times().map(lambda time: time.isoformat("seconds")) | one_of("00:00:00", "23:59:59")
FRACTIONS = st.just("") | st.from_regex(r"\A\.[0-9]{1,9}\Z")
OFFSETS = one_of("Z", "+00:00", "-00:00", "+01:00", "-08:00", "+05:45", "+23:59", "-23:59")
ODD_PARTS = (
    ("2026-02-30", "2026-13-01", "2025-02-29", "0000-01-01", "26-03-01", "20260301", "9999-12-31"),
    ("t", " ", "_", ""),
    ("24:00:00", "23:59:60", "9:30:00", "09:30", "09:60:00"),
    (".", ",5", ".9999999", ".9999995", "." + "1" * 1000),
    ("", "z", "+01", "+0100", "+1:00", "+24:00", "+00:60", "UTC", "\u221201:00", " Z", "Z\n", "Z\0", "+23:59"),
)


def times(*parts: Texts) -> Texts:
    return st.tuples(*parts).map(lambda chosen: json.dumps("".join(chosen)))


TIMES = times(DATES, st.just("T"), CLOCKS, FRACTIONS, OFFSETS)
ODD_TIMES = times(
    *(
        usual | st.sampled_from(odd)
        for usual, odd in zip((DATES, st.just("T"), CLOCKS, FRACTIONS, OFFSETS), ODD_PARTS, strict=True)
    )
)

STRINGS = quoted(st.text(min_size=1, max_size=6))
#: Lengths count letters, be they of one, two or four bytes.
LONG = [json.dumps(letter * size, ensure_ascii=False) for letter in "aé😀" for size in (0, 1, 64, 65, 256, 257)]
ODD_STRINGS = (
    *(r'"\ud83d\ude00"', r'"\ud800"', r'"\udc00"', r'"\udc00\ud800"', r'"\ud800\u0041"', r'"\ud800x"', r'"\u0000"'),
    *(r'"\u"', r'"\x41"', r'"\/"', '"\x01"', '"\x7f"', '"\t"', "'a'", '"'),
    *("5", "null", "false", "[]", "{}", "[" * 1000 + "]" * 1000, *LONG),
)
EDGES = [str(sign * 2**bits + step) for sign in (1, -1) for bits in (53, 63, 64) for step in (-1, 0, 1)]
ODD_NUMBERS = (
    *("-0", "00", "9.0", "9e0", "6.5", "09", "+9", "9.", ".9", "0x9", "1_0", "1E400", "NaN", "Infinity", "-Infinity"),
    *('"9"', "true", *EDGES, *("9" * digits for digits in (30, 400, 5000))),
)
SCALES = (
    *('{"min":0,"max":10}', '{"min":1,"max":10}', '{"min":1,"max":5}', '{"min":0,"max":10,"high_is":null}', "null"),
    *('{"max":7,"min":1,"high_is":"easier"}', '{"min":1,"max":5,"high_is":"harder"}'),
)
ODD_SCALES = (
    *("[]", "5", '"0-10"', "{}", '{"min":0}', '{"min":10,"max":0}', '{"min":0,"max":0}', '{"min":0,"max":5,"max":10}'),
    *('{"min":1,"max":9}', '{"min":0,"max":100}', '{"min":0,"max":10,"high_is":"up"}', '{"min":0,"max":10,"x":1}'),
    *('{"min":0,"max":10,"x":NaN}', r'{"min":0,"max":10,"x":"\ud800"}', '{"min":0,"max":10.0}', '{"min":"0","max":10}'),
    *(f'{{"min":0,"max":{edge}}}' for edge in EDGES),
    f'{{"min":0,"max":10,"x":{"9" * 400}}}',
)

REQUIRED = {
    "response_id": STRINGS,
    "kpi": one_of('"nps"', '"csat"', '"ces"', '"enps"'),
    "occurred_at": TIMES,
    "score": st.integers(-1, 11).map(str),
}
OPTIONAL = {
    "type": one_of('"survey_response"'),
    "question": STRINGS | one_of("null"),
    "scale": one_of(*SCALES),
    "status": one_of('"answered"', '"skipped"', '"declined"', '"excluded"', '"deleted"'),
    "updated_at": TIMES | one_of("null"),
    "revision": st.integers(0, 2**53).map(str),
    **dict.fromkeys(("customer_id", "agent_id", "language", "comment"), STRINGS | one_of("null")),
    **dict.fromkeys(("channel", "touchpoint", "segment", "team", "survey_id"), STRINGS),
}
KNOWN = REQUIRED | OPTIONAL
_TIME = ("2026-03-01", "T", "09:30:00", "", "Z")
ODD: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(KNOWN, ODD_STRINGS),
    **dict.fromkeys(("score", "revision"), ODD_NUMBERS + ODD_STRINGS),
    **dict.fromkeys(
        ("occurred_at", "updated_at"),
        tuple(
            json.dumps("".join((*_TIME[:place], part, *_TIME[place + 1 :])))
            for place, parts in enumerate(ODD_PARTS)
            for part in parts
        )
        + ODD_STRINGS,
    ),
    "scale": ODD_SCALES + ODD_STRINGS,
    "kpi": ('"fcr"', '"NPS"', r'"\u006eps"', *ODD_STRINGS),
    "type": ('"churn"', '"nps"', *ODD_STRINGS),
    "unknown": ODD_NUMBERS + ODD_STRINGS,
}
ODDITIES = ("value", "value", "value", "null", "again", "unknown", "missing", "escaped")


@st.composite
def fields(draw: st.DrawFn) -> Fields:
    """The fields of a good answer, in any order, and then up to two things that are odd about it."""
    names = draw(st.permutations([*REQUIRED, *draw(st.sets(st.sampled_from([*OPTIONAL]), max_size=5))]))
    drawn = [(json.dumps(name), draw(KNOWN[name])) for name in names]
    for oddity in draw(st.lists(st.sampled_from(ODDITIES), max_size=2)):
        place = draw(st.integers(0, len(drawn) - 1))
        name = draw(st.sampled_from([*ODD]))
        if oddity == "value":
            drawn = [field for field in drawn if field[0] != json.dumps(name)] + [
                (json.dumps(name), draw(one_of(*ODD[name])))
            ]
        elif oddity == "null":
            drawn[place] = (drawn[place][0], "null")
        elif oddity == "again":
            drawn.append((json.dumps(name), draw(KNOWN.get(name, STRINGS))))
        elif oddity == "unknown":
            drawn.insert(place, (draw(STRINGS), draw(one_of(*ODD_STRINGS, *ODD_NUMBERS))))
        elif oddity == "missing" and len(drawn) > 1:
            del drawn[place]
        elif oddity == "escaped":
            drawn[place] = (f'"\\u{ord(drawn[place][0][1]):04x}{drawn[place][0][2:]}', drawn[place][1])
    return drawn


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """The bytes of an answer; a few are damaged."""
    blank = draw(one_of("", " ", "\n\t\r "))
    text = f"{blank},".join(f"{name}{blank}:{value}" for name, value in draw(fields()))
    raw = f"{blank}{{{blank}{text}{blank}}}{blank}".encode()
    damage = draw(one_of(*["none"] * 9, "cut", "flip", "insert"))
    place = draw(st.integers(0, len(raw) - 1))
    if damage == "cut":
        return raw[:place]
    if damage == "flip":
        return raw[:place] + bytes([raw[place] ^ draw(st.integers(1, 255))]) + raw[place + 1 :]
    if damage == "insert":
        odd = draw(st.binary(min_size=1, max_size=3) | st.sampled_from((b"\x0b", b"\0", b"\xef\xbb\xbf")))
        return raw[:place] + odd + raw[place:]
    return raw


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
    assert {"observed", "left to the models", "out_of_range", "unknown_scale"} <= set(seen)
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
