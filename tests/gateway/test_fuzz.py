"""Whatever is sent to the addresses of the gateway's own document: it never fails, and holds nothing back."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.gateway.inlets import inlets
from stream.gateway.openapi import document
from stream.schemas import EXAMPLES
from stream.settings import Settings
from stream.sources import CATALOGUE
from tests.sources.examples import DELIVERIES

from .running import DEADLINE_S, running

SECRET = "dGVzdC1zZWNyZXQ="  # noqa: S105  of a gateway that lives as long as the test
ON = {name: SECRET for name, kind in CATALOGUE.items() if not kind.needs_options}
SECRETS = {f"FEEDBACK_GATEWAY_{name.upper().replace('-', '_')}_SECRETS": SECRET for name in ON}
DOCUMENT = document(inlets(Settings(), SECRETS).values(), Settings())


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """A gateway with every source, in a thread of its own; those with signatures are open, so that it goes further."""
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), []
    stop = asyncio.Event()

    async def serve() -> None:
        own = ",".join(set(ON) - {"events"})
        async with running(SECRETS, gateway_open=own, gateway_rate=1e6, gateway_max_bytes=100_000) as gateway:
            url = urlsplit(gateway.url)
            found.append((url.hostname or "", url.port or 0))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(DEADLINE_S)
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(DEADLINE_S)
    loop.close()


def asked(address: tuple[str, int], raw: bytes, *, ends: bool = False) -> int:
    """The status of the answer to what is sent as it is, 0 for none; `ends` where the server may wait for more."""
    with socket.create_connection(address, DEADLINE_S) as connection:
        connection.sendall(raw)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        head = b""
        while b"\r\n" not in head and (piece := connection.recv(4_096)):
            head = (head + piece).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    return int(head[9:12]) if head.startswith(b"HTTP/1.1 ") else 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def mutated(example: Any) -> st.SearchStrategy[Any]:
    """The example with some of its parts replaced by something else."""
    if isinstance(example, dict):
        return st.fixed_dictionaries({name: mutated(value) for name, value in example.items()})
    return st.sampled_from([example] * 9 + [None]) | JSON


EVENT = st.sampled_from([example for examples in EXAMPLES.values() for example in examples]).flatmap(mutated)
CLOUD = st.fixed_dictionaries(
    {"specversion": st.just("1.0") | JSON, "id": st.just("1") | JSON, "source": st.text(), "type": st.text()},
    optional={"data": EVENT | JSON, "time": st.text(), "data_base64": st.text()},
)
OF_SOURCES = st.sampled_from([delivery.payload for delivery in DELIVERIES.values()])
BODY = st.binary(max_size=200) | st.one_of(
    JSON,
    EVENT,
    st.lists(EVENT, max_size=3),
    CLOUD,
    st.lists(CLOUD, max_size=3),
    OF_SOURCES,
    OF_SOURCES.flatmap(mutated),
).map(lambda data: json.dumps(data).encode())
KIND = st.sampled_from(
    ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "text/plain",
     "application/x-www-form-urlencoded", "APPLICATION/JSON; charset=x", ""]
)  # fmt: skip
WORD = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=30)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time", "Idempotency-Key", "X-Forwarded-For",
         "X-Shopify-Topic", "X-Shopify-Triggered-At", "Transfer-Encoding", "Content-Encoding", "Expect",
         "WebHook-Request-Origin", "Range", "Accept"]
    ),
    WORD | st.sampled_from(["1.0", "chunked", "100-continue", "orders/create", "customers/redact"]),
    max_size=4,
)  # fmt: skip


def request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """Its bytes on the wire."""
    given_headers = {"Host": "h", "Connection": "close", "Content-Length": str(len(body))} | headers
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given_headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + body


# A busy machine is no fault of what is drawn.
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(DOCUMENT["paths"])) | WORD.map(lambda word: f"/in/{quote(word)}"),
    st.sampled_from(["POST"] * 6 + ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]),
    HEADERS, KIND, BODY,
)  # fmt: skip
def test_no_request_makes_it_fail(
    address: tuple[str, int], path: str, method: str, headers: dict[str, str], kind: str, body: bytes
) -> None:
    token = {"Authorization": f"Bearer {SECRET}", "Content-Type": kind}
    status = asked(address, request(method, path, token | headers, body))
    assert status < 500, (status, method, path, headers, kind, body)
    described = DOCUMENT["paths"].get(path, {}).get(method.lower())
    if described and status:
        assert str(status) in {*described["responses"], "400", "417"}, "a malformed request may ask for any page"


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_not_even_what_is_no_request(address: tuple[str, int], raw: bytes) -> None:
    assert asked(address, raw, ends=True) < 500
    chunked = b"POST /in/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert asked(address, chunked + raw, ends=True) < 500


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 50_000,
        b'{"a":' * 20_000,
        b"[" + b"{}," * 30_000 + b"{}]",
        b'{"score":' + b"9" * 90_000 + b"}",
        b'"' + b"\\u0000" * 16_000 + b'"',
        b"&".join(b"a=b" for _ in range(20_000)),
        b"\xef\xbb\xbf{}",
    ],
    ids=["lists", "objects", "many", "digits", "nulls", "form", "mark"],
)
@pytest.mark.parametrize("name", sorted(ON))
def test_bodies_made_to_hurt(address: tuple[str, int], name: str, body: bytes) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": kind}
        assert asked(address, request("POST", f"/in/{name}", headers, body)) in {200, 400, 413, 415, 422}


def test_nothing_is_held_back(address: tuple[str, int]) -> None:
    with socket.create_connection(address, DEADLINE_S) as connection:
        connection.sendall(request("GET", "/metrics", {}, b""))
        page = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"\nfeedback_gateway_pending_bytes 0.0\n" in page
    failed = [line for line in page.splitlines() if b'outcome="failed"' in line]
    assert failed
    assert [line for line in failed if not line.endswith(b" 0.0")] == []


# The document


def test_the_document_names_what_is_on() -> None:
    assert set(DOCUMENT["paths"]) >= {f"/in/{name}" for name in ON}
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert schemes["events"] == {"type": "http", "scheme": "bearer"}
    assert schemes["typeform"] == {"type": "apiKey", "in": "header", "name": "Typeform-Signature"}


def test_every_reference_of_the_document_leads_somewhere() -> None:
    def references(data: Any) -> Iterator[str]:
        if isinstance(data, dict):
            yield from (value for name, value in data.items() if name == "$ref")
            yield from (reference for value in data.values() for reference in references(value))
        elif isinstance(data, list):
            yield from (reference for item in data for reference in references(item))

    found = set(references(DOCUMENT))
    assert len(found) > 5
    for reference in found:
        place = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
    assert orjson.loads(orjson.dumps(DOCUMENT)) == DOCUMENT
