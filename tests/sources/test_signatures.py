"""Who may send: vectors of each sender's signature, flipped bits, old recordings, secrets that change."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from stream.sources.schemes import Basic, Hmac, Request, Scheme, Signature, StandardWebhooks, Token, Verdict

from .examples import FILES, source_of

SIGNED: dict[str, dict[str, Any]] = {name: file["signed"] for name, file in FILES.items() if "signed" in file}
each = pytest.mark.parametrize("name", SIGNED)


def scheme_of(name: str) -> Scheme:
    source = source_of(name)
    scheme: Scheme = source.options.auth or source.auth
    return scheme


each_signature = pytest.mark.parametrize("name", [name for name in SIGNED if isinstance(scheme_of(name), Signature)])


def check(
    name: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    secrets: Sequence[str] | None = None,
    later: float = 0.0,
) -> Verdict:
    """What is said of the example with something changed."""
    signed = SIGNED[name]
    given_headers = CIMultiDict(signed["headers"] if headers is None else headers)
    request = Request(signed.get("url", ""), given_headers, signed["body"].encode() if body is None else body)
    return scheme_of(name).check(request, secrets or [signed["secret"]], signed.get("now", 0) + later)


@each
def test_a_signature_is_known(name: str) -> None:
    assert check(name) == ""


@each
def test_letters_of_headers_may_be_small_or_large(name: str) -> None:
    for change in (str.lower, str.upper):
        assert check(name, headers={change(header): value for header, value in SIGNED[name]["headers"].items()}) == ""


@each
def test_another_secret_does_not_do_but_may_stand_beside(name: str) -> None:
    secret = SIGNED[name]["secret"]
    assert check(name, secrets=["another"]) == "unauthenticated"
    assert check(name, secrets=["another", secret]) == check(name, secrets=[secret, "another"]) == ""


@each
def test_without_one_of_the_headers_nothing_is_proved(name: str) -> None:
    headers = SIGNED[name]["headers"]
    for missing in headers:
        left = {header: value for header, value in headers.items() if header != missing}
        assert check(name, headers=left) == "unauthenticated"


def flipped(text: bytes, bit: int) -> bytes:
    place, number = divmod(bit % (8 * len(text)), 8)
    return text[:place] + bytes([text[place] ^ (1 << number)]) + text[place + 1 :]


@each_signature
def test_every_flipped_bit_of_the_body_is_noticed(name: str) -> None:
    body = SIGNED[name]["body"].encode()
    for bit in range(8 * len(body)):
        assert check(name, body=flipped(body, bit)) == "unauthenticated"
    assert check(name, body=body + b" ") == check(name, body=body[:-1]) == "unauthenticated"


@each_signature
def test_every_flipped_bit_of_a_signature_is_noticed(name: str) -> None:
    headers = SIGNED[name]["headers"]
    for header, value in headers.items():
        for bit in range(8 * len(value)):
            changed = flipped(value.encode(), bit).decode("utf-8", "surrogateescape")
            assert check(name, headers=headers | {header: changed}) == "unauthenticated", changed


@pytest.mark.parametrize("name", [name for name in SIGNED if "{timestamp}" in getattr(scheme_of(name), "signed", "")])
def test_a_recording_is_refused(name: str) -> None:
    assert [check(name, later=by) for by in (-301, -300, 300, 301)] == ["replayed", "", "", "replayed"]


# Schemes that no example has

BODY = b'{"score":9}'


def asked(scheme: Scheme, headers: dict[str, str], *secrets: str, now: float = 0.0, url: str = "") -> Verdict:
    return scheme.check(Request(url, CIMultiDict(headers), BODY), secrets, now)


def test_standard_webhooks() -> None:
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1,DAfUCLUfgMkmK+2X+oZ864aoRjcD6QENRY8+f2eTpIc=",
    }
    secret, now = "whsec_dGVzdC1zZWNyZXQ=", 1_700_000_000.0
    scheme = StandardWebhooks()
    assert asked(scheme, headers, secret, now=now) == ""
    assert asked(scheme, headers, secret, now=now + 301) == "replayed"
    assert asked(scheme, headers | {"webhook-id": "msg_2"}, secret, now=now) == "unauthenticated"
    several = f"v1a,zzz v1,{'A' * 43}= {headers['webhook-signature']}"
    assert asked(scheme, headers | {"webhook-signature": several}, secret, now=now) == ""
    assert asked(scheme, headers, "whsec_not base64", now=now) == "unauthenticated"


def test_signatures_with_a_dot_or_an_encoded_key() -> None:
    dotted = Hmac(header="X-Chatwoot-Signature", prefix="sha256=", signed="{timestamp}.{body}", timestamp="X-Timestamp")
    digest = "b81e5b314918f526954593357db0ef2ff897ea5f001b75b224f9f025f7427366"
    headers = {"X-Chatwoot-Signature": f"sha256={digest}", "X-Timestamp": "1700000000"}
    assert asked(dotted, headers, "test-secret", now=1.7e9) == ""
    double = Hmac(header="Sm-Signature", algorithm="sha1", encoding="base64")
    assert asked(double, {"Sm-Signature": "oTKGPPyEMc35nNMG7fnMMLWjndU="}, "cid&csecret") == ""


def test_a_time_in_words_is_a_time_too() -> None:
    scheme = Hmac(header="S", signed="{timestamp}{body}", timestamp="T")
    stamp = "2023-11-14T22:13:20Z"
    own = scheme._signature("k", stamp.encode() + BODY).decode()
    assert asked(scheme, {"S": own, "T": stamp}, "k", now=1.7e9) == ""
    assert asked(scheme, {"S": own, "T": stamp}, "k", now=1.7e9 + 301) == "replayed"
    opaque = scheme._signature("k", b"soon" + BODY).decode()
    assert asked(scheme, {"S": opaque, "T": "soon"}, "k", now=1.7e9) == "replayed"


def test_tokens_in_headers_and_addresses() -> None:
    assert asked(Token(), {"authorization": "bearer abc"}, "abc") == ""
    assert asked(Token(), {"Authorization": "Bearer abd"}, "abc") == "unauthenticated"
    assert asked(Token(), {"Authorization": "abc"}, "abc") == "unauthenticated"
    assert asked(Token(), {}, "abc") == "unauthenticated"
    static = Token(header="X-Api-Key", prefix="")
    assert asked(static, {"X-Api-Key": "abc"}, "old", "abc") == ""
    query = Token(parameter="token")
    assert asked(query, {}, "a c", url="http://h/in/x?token=a%20c") == ""
    assert asked(query, {}, "abc", url="http://h/in/x?token=no&token=abc") == "unauthenticated"
    assert asked(query, {}, "abc", url="http://[/?token=abd&" + "a&a=1" * 200) == "unauthenticated"
    assert asked(query, {"Authorization": "Bearer abc"}, "abc", url="http://h/in/x") == "unauthenticated"


def test_users_with_passwords() -> None:
    assert asked(Basic(), {"Authorization": "Basic dTpww6k="}, "u:pé") == ""
    assert asked(Basic(), {"Authorization": "Basic dTpw"}, "u:q") == "unauthenticated"


@given(st.binary(max_size=80), st.sampled_from([scheme_of(name) for name in SIGNED] + [Token(), Basic()]))
def test_whatever_a_header_holds_is_refused(value: bytes, scheme: Scheme) -> None:
    header = getattr(scheme, "header", "Authorization")
    text = value.decode("utf-8", "surrogateescape")
    stamp = {getattr(scheme, "timestamp", "") or "X": text}
    assert asked(scheme, {**stamp, header: text}, "secret") == "unauthenticated"
