"""Redaction: what is personal and was put in is gone, what is not stays, and twice is as once."""

import string
import subprocess
import sys
from typing import Any

import orjson
import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from stdnum import iban, luhn
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir

from stream.privacy import redact, redact_comment, redact_shown

DIGITS = "0123456789"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


@st.composite
def grouped(draw: st.DrawFn, text: st.SearchStrategy[str]) -> str:
    """The text as people write it: in groups, with one kind of gap."""
    whole, gap = draw(text), draw(st.sampled_from(["", " ", "\u00a0", "\u202f", "-", "."]))
    size = draw(st.integers(2, 5))
    return gap.join(whole[start : start + size] for start in range(0, len(whole), size))


EMAILS = st.emails()
IBANS = st.sampled_from(
    ["FR7630006000011234567890189", "DE89370400440532013000", "GB29NWBK60161331926819", "ES9121000418450200051332"]
)
CARDS = digits(14).map(lambda body: "4" + body).map(lambda body: body + luhn.calc_check_digit(body))
PHONES = (
    digits(8)
    .map(lambda rest: "06" + rest)
    .filter(lambda number: phonenumbers.is_valid_number(phonenumbers.parse(number, "FR")))
)
ABROAD = st.sampled_from(["+44 20 7946 0018", "+49 30 901820", "+1 (202) 456-1111", "+33 (0)6 12 34 56 78"])
NIRS = st.tuples(st.sampled_from("12"), digits(2), st.sampled_from(["01", "12"]), st.just("75"), digits(6)).map("".join)
NATIONAL = st.one_of(
    NIRS.map(lambda body: f"{body}{97 - int(body) % 97:02}").filter(nir.is_valid),
    digits(8).map(lambda body: body + dni.calc_check_digit(body)),
    st.tuples(st.sampled_from("XYZ"), digits(7)).map("".join).map(lambda body: body + nie.calc_check_digit(body)),
    st.sampled_from(["RSSMRA85T10A562S", "AB123456C", "7569217076985", "85073003328", "36574261809"]),
)
PERSONAL = st.one_of(EMAILS, ABROAD, grouped(IBANS), grouped(CARDS), grouped(PHONES), grouped(NATIONAL))
#: Words and small numbers, as comments have them.
WORD = st.one_of(
    st.text(string.ascii_letters + "éàüñß'", min_size=1, max_size=12),
    st.integers(0, 999).map(str),
    st.sampled_from(["2026-03-01", "09:30", "5/5", "12,50€", "100%", "…", "😀", "4711", "@", "#1"]),
)
WORDS = st.lists(WORD, max_size=6).map(" ".join)


LEFT, RIGHT = (st.sampled_from(gaps) for gaps in ([" ", "\n", ", ", ": ", " ("], [" ", "\n", ", ", ". ", ") "]))


@given(WORDS, PERSONAL, WORDS, LEFT, RIGHT)
def test_nothing_personal_that_was_put_in_survives(before: str, put_in: str, after: str, left: str, right: str) -> None:
    redacted = redact(f"{before}{left}{put_in}{right}{after}", "FR")
    assert all(piece not in redacted or piece in before + after for piece in (put_in[:8], put_in[-8:]))
    assert "[" in redacted


@given(st.lists(st.one_of(PERSONAL, WORD), max_size=8).map(" ".join))
def test_redacting_twice_is_redacting_once(comment: str) -> None:
    once = redact(comment, "FR")
    assert redact(once, "FR") == once


@given(st.text(max_size=200))
@example("1" * 40)
def test_any_text_can_be_redacted_and_twice_is_once(comment: str) -> None:
    once = redact(comment, "FR")
    assert redact(once, "FR") == once


@given(st.text(max_size=100))
def test_a_text_with_neither_digit_nor_at_sign_is_unchanged(comment: str) -> None:
    assume(not any(char.isdecimal() or char in "@＠" for char in comment))
    assert redact(comment, "FR") is comment


@given(WORDS.filter(lambda words: sum(char.isdigit() for char in words) < 6))
def test_a_few_digits_are_nobodys(comment: str) -> None:
    assert redact(comment, "FR") == comment


@pytest.mark.parametrize(
    "comment",
    [
        "Order 123456789012 of 2026-03-01 came on 20260304.",
        "Ticket CMD0612345678A and parcel 4111111111111112",  # glued to letters; no card, by its checksum
        "I waited 20 minutes, then 45, then 10: 3 calls in 2 days, 12,50 € each.",
        "between 01/02/2026 and 15/02/2026, see page 12 of 300",
        "Bring back the 5@10 offer @ the shop",
        "FR7630006000011234567890188 has a wrong checksum",
    ],
)
def test_what_is_not_personal_stays(comment: str) -> None:
    assert redact(comment, "FR") == comment


@pytest.mark.parametrize(
    ("comment", "redacted"),
    [
        ("Call 06 12 34 56 78 2 times", "Call [phone] 2 times"),
        ("tel:+33612345678!", "tel:[phone]!"),
        ("06/12/34/56/78 or 0033 6 12 34 56 78", "[phone] or [phone]"),
        ("٠٦١٢٣٤٥٦٧٨", "[phone]"),
        ("IBAN fr76 3000 6000 0112 3456 7890 189 thanks", "IBAN [iban] thanks"),
        ("No. 12345 4111 1111 1111 1111 12/27", "No. 12345 [card] 12/27"),
        ("<jane.o'neil+shop@mail.example.co.uk>.", "<[email]>."),
        ("'jane@example.com'", "'[email]'"),
        ("ssn 536-90-4399", "ssn [id]"),
        ("ab 12 34 56 c", "[id]"),
        ("card 4111-1111-1111-1111jane@example.com", "card [email]"),
    ],
)
def test_marks_stand_for_what_was_there(comment: str, redacted: str) -> None:
    assert redact(comment, "FR") == redacted


def test_the_region_decides_on_numbers_without_a_country() -> None:
    assert redact("020 7946 0018", "GB") == "[phone]"
    assert redact("020 7946 0018", "FR") == "020 7946 0018"
    assert redact("+44 20 7946 0018", "FR") == "[phone]"


@pytest.mark.parametrize("piece", ["0 ", "0 1 2 3 4 5 6 7 a ", "AA00 ", "a.", "a'", "06 12 34 56 78 ", "1"])
def test_a_long_text_of_nearly_numbers_is_looked_at_only_so_closely(piece: str) -> None:
    calls = 0
    original = phonenumbers.parse

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        return original(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phonenumbers, "parse", counted)
        redact(piece * 2_000, "FR")
    assert calls <= 2_000


def test_the_tables_of_numbers_are_loaded_only_for_texts_with_numbers() -> None:
    code = "import sys, stream.cli; from stream.privacy import redact; redact('5/5, jane@example.com', 'FR')"
    code += "; sys.exit(bool({'phonenumbers', 'stdnum'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_comment_without_anything_leaves_the_line_as_it_is() -> None:
    line = b'{ "comment" : "fine", "score": 1.0 }'
    assert redact_comment(line, orjson.loads(line), "FR") is line


def test_only_the_comment_of_a_line_is_redacted() -> None:
    event = {"customer_id": "jane@example.com", "comment": "0612345678", "score": 9}
    redacted = orjson.loads(redact_comment(orjson.dumps(event), event, "FR"))
    assert redacted == event | {"comment": "[phone]"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b'{"a":["jane@example.com",{"b":33612345678}],"c":null,"d":true,"e":1.50}',
         '{"a":["[email]",{"b":"[phone]"}],"c":null,"d":true,"e":1.5}'),
        (b'{ "a": 1 }', '{ "a": 1 }'),
        (b'{"a":"jane@example.com', '{"a":"[email]'),
        (b"caf\xe9 0612345678", "caf\ufffd [phone]"),
        (b"", ""),
    ],
)  # fmt: skip
def test_any_record_can_be_shown_without_what_is_personal(value: bytes, shown: str) -> None:
    assert redact_shown(value, "FR") == shown


def test_examples_are_valid() -> None:
    """Else they would prove nothing."""
    assert iban.is_valid("DE89370400440532013000")
    assert idnr.is_valid("36574261809")
