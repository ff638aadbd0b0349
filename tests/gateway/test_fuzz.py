"""Whatever is sent to the addresses of the document that the gateway serves: it never fails, and holds nothing back."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.gateway.inlets import inlets
from stream.gateway.openapi import document
from stream.schemas import EXAMPLES
from stream.settings import Settings
from stream.sources import CATALOGUE
from tests.sources.examples import DELIVERIES, FILES

from .running import DEADLINE_S, running

SECRET = "dGVzdC1zZWNyZXQ="  # noqa: S105  of a gateway that lives as long as the test
SECRETS = {f"FEEDBACK_GATEWAY_{name.upper().replace('-', '_')}_SECRETS": SECRET for name in CATALOGUE}
#: What an operator says of the sources: as in their examples.
SAID = {name: FILES[name].get("options", {}) if name in FILES else {} for name in CATALOGUE}
PAGES = ["/healthz", "/metrics", "/readyz"]
PATHS = [*(f"/in/{name}" for name in sorted(CATALOGUE)), *PAGES]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A gateway with every source, in a thread of its own; those with signatures are open, so that it goes further."""
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), []
    stop = asyncio.Event()
    file = tmp_path_factory.mktemp("gateway") / "sources.yaml"
    file.write_text(json.dumps(SAID), encoding="utf-8")  # JSON is YAML
    said = {"gateway_sources": file, "gateway_open": ",".join(set(CATALOGUE) - {"events"})}

    async def serve() -> None:
        async with running(SECRETS, **said, gateway_rate=1e6, gateway_max_bytes=100_000) as gateway:
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


@pytest.fixture(scope="module")
def served(address: tuple[str, int]) -> Any:
    """The document that it serves."""
    with socket.create_connection(address, DEADLINE_S) as connection:
        connection.sendall(request("GET", "/openapi.json", {}, b""))
        page = b"".join(iter(lambda: connection.recv(65_536), b""))
    return orjson.loads(page.partition(b"\r\n\r\n")[2])


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
    st.sampled_from(PATHS) | WORD.map(lambda word: f"/in/{quote(word)}"),
    st.sampled_from(["POST"] * 6 + ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]),
    HEADERS, KIND, BODY,
)  # fmt: skip
def test_no_request_makes_it_fail(
    address: tuple[str, int], served: Any, path: str, method: str, headers: dict[str, str], kind: str, body: bytes
) -> None:
    token = {"Authorization": f"Bearer {SECRET}", "Content-Type": kind}
    status = asked(address, request(method, path, token | headers, body))
    assert status < 500, (status, method, path, headers, kind, body)
    described = served["paths"].get(path, {}).get(method.lower())
    if described and status:
        assert str(status) in {*described["responses"], "400", "417"}, "a malformed request may ask for any page"


FORM = "application/x-www-form-urlencoded"


def own(name: str) -> st.SearchStrategy[tuple[dict[str, str], bytes]]:
    """A source's own examples with some parts replaced: headers and body, as JSON or as a form."""
    examples = [(dict(each.headers), each.payload) for each in DELIVERIES.values() if each.source.name == name]
    examples += [({}, example) for each in EXAMPLES.values() for example in each if name == "events"]
    assert examples

    def sent(example: tuple[dict[str, str], Any]) -> st.SearchStrategy[tuple[dict[str, str], bytes]]:
        headers, payload = example
        kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "application/json")
        rest = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        return mutated(payload).map(lambda data: ({**rest, "Content-Type": kind}, body_of(data, kind)))

    return st.sampled_from(examples).flatmap(sent)


def body_of(data: Any, kind: str) -> bytes:
    if kind.startswith(FORM) and isinstance(data, dict):
        return urlencode({name: value if isinstance(value, str) else json.dumps(value) for name, value in data.items()},
                         errors="replace").encode()  # fmt: skip
    return json.dumps(data).encode()


@pytest.mark.parametrize("name", sorted(CATALOGUE))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_delivery_of_a_source_makes_it_fail(
    address: tuple[str, int], served: Any, name: str, data: st.DataObject
) -> None:
    headers, body = data.draw(own(name))
    status = asked(address, request("POST", f"/in/{name}", {"Authorization": f"Bearer {SECRET}", **headers}, body))
    assert str(status) in served["paths"][f"/in/{name}"]["post"]["responses"], (status, headers, body)
    assert status < 500


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
@pytest.mark.parametrize("name", sorted(CATALOGUE))
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


def test_the_document_names_what_is_on(served: Any) -> None:
    assert set(served["paths"]) == set(PATHS)
    assert served["components"]["securitySchemes"] == {"events": {"type": "http", "scheme": "bearer"}}
    on = inlets(Settings(), {"FEEDBACK_GATEWAY_TYPEFORM_SECRETS": SECRET})
    schemes = document(on.values(), Settings())["components"]["securitySchemes"]
    assert schemes == {"typeform": {"type": "apiKey", "in": "header", "name": "Typeform-Signature"}}


def test_every_reference_of_the_document_leads_somewhere(served: Any) -> None:
    def references(data: Any) -> Iterator[str]:
        if isinstance(data, dict):
            yield from (value for name, value in data.items() if name == "$ref")
            yield from (reference for value in data.values() for reference in references(value))
        elif isinstance(data, list):
            yield from (reference for item in data for reference in references(item))

    found = set(references(served))
    assert len(found) > 5
    for reference in found:
        place = served
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
