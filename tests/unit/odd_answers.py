"""Answers as bytes, usual and odd: JSON of every kind, and what is nearly JSON."""

import json

from hypothesis import strategies as st

#: The name and the JSON text of each field, so that odd JSON and what is not JSON can be written too.
Fields = list[tuple[str, str]]
Texts = st.SearchStrategy[str]


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
