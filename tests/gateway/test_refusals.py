"""What a gateway refuses, and how; and what senders ask before they deliver."""

import hmac
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from stream.clock import FixedClock
from stream.errors import FeedbackError
from stream.gateway.intake import Intake
from stream.gateway.outbox import Outbox
from stream.gateway.server import Server
from stream.settings import Settings

from .running import ANSWER, NOW, TOKEN, running

# Refusals


@pytest.mark.parametrize(
    ("path", "headers", "status", "body"),
    [
        ("/in/events", {}, 401, b'{"error":"unauthenticated"}'),
        ("/in/events", {"Authorization": "Bearer s3cres"}, 401, b'{"error":"unauthenticated"}'),
        ("/in/typeform", TOKEN, 401, b'{"error":"unauthenticated"}'),
        ("/in/stripe", TOKEN, 404, b'{"error":"not_found"}'),
        ("/in/nobody", TOKEN, 404, b'{"error":"not_found"}'),
        ("/in/events", TOKEN | {"Content-Encoding": "gzip"}, 415, b'{"error":"invalid"}'),
    ],
)
async def test_a_refusal_gives_nothing_away(path: str, headers: Mapping[str, str], status: int, body: bytes) -> None:
    async with running() as gateway:
        answered = await gateway.post(path, orjson.dumps(ANSWER), headers)
        assert (answered.status, answered.body) == (status, body)
        assert gateway.producer.sent == []


async def test_a_recording_is_refused() -> None:
    body, stamp = b"{}", str(int(NOW) - 301)
    own = hmac.new(b"k", f"{stamp}.".encode() + body, "sha256").hexdigest()
    async with running({"FEEDBACK_GATEWAY_STRIPE_SECRETS": "old k"}) as gateway:
        answered = await gateway.post("/in/stripe", body, {"Stripe-Signature": f"t={stamp},v1={own}"})
        assert (answered.status, answered.body) == (401, b'{"error":"replayed"}')
        assert await gateway.metric("feedback_gateway_requests_total", source="stripe", outcome="replayed") == 1


async def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    async with running(gateway_max_bytes=10_000) as gateway:
        assert (await gateway.post("/in/events", b"x" * 10_001)).status == 413

        async def pieces() -> Any:
            for _ in range(20):
                yield b"x" * 1_000

        assert (await gateway.ask("POST", "/in/events", data=pieces(), headers=TOKEN)).status == 413
        assert (await gateway.post("/in/events", orjson.dumps(ANSWER))).status == 200
        assert await gateway.metric("feedback_gateway_pending_bytes") == 0


async def test_too_many_deliveries_a_second_have_to_wait() -> None:
    async with running(gateway_rate=0.01) as gateway:
        assert (await gateway.post("/in/events", orjson.dumps(ANSWER), {})).status == 401, "others use nothing up"
        assert (await gateway.post("/in/events", orjson.dumps(ANSWER))).status == 200
        answered = await gateway.post("/in/events", orjson.dumps(ANSWER))
        assert answered.status == 429
        assert 1 < int(answered.headers["Retry-After"]) <= 100


@pytest.mark.parametrize(
    ("proxies", "hops", "status"),
    [("", "192.0.2.7", 403), ("127.0.0.0/8", "192.0.2.7", 200), ("127.0.0.0/8", "192.0.2.7, 6.6.6.6", 403)],
)
async def test_networks_that_may_send(proxies: str, hops: str, status: int, tmp_path: Any) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("events: {allow: [192.0.2.0/24]}")
    async with running(gateway_sources=file, gateway_proxies=proxies) as gateway:
        answered = await gateway.post("/in/events", orjson.dumps(ANSWER), TOKEN | {"X-Forwarded-For": hops})
        assert answered.status == status


# Before deliveries


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_senders_may_ask_whether_somebody_is_there(method: str) -> None:
    async with running() as gateway:
        assert (await gateway.ask(method, "/in/typeform")).status == 200
        assert (await gateway.ask(method, "/in/stripe")).status == 404


async def test_the_handshake_of_cloud_events(tmp_path: Any) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("typeform: {origins: [hooks.example.com], rate: 2}")
    async with running(gateway_sources=file) as gateway:
        asked = {"WebHook-Request-Origin": "hooks.example.com", "WebHook-Request-Rate": "1000"}
        answered = await gateway.ask("OPTIONS", "/in/typeform", headers=asked)
        assert answered.status == 200
        assert answered.headers["WebHook-Allowed-Origin"] == "hooks.example.com"
        assert answered.headers["WebHook-Allowed-Rate"] == "120"
        other = await gateway.ask("OPTIONS", "/in/typeform", headers={"WebHook-Request-Origin": "else.example.com"})
        assert "WebHook-Allowed-Origin" not in other.headers
        anyone = await gateway.ask("OPTIONS", "/in/events", headers={"WebHook-Request-Origin": "else.example.com"})
        assert anyone.headers["WebHook-Allowed-Origin"] == "else.example.com"
        assert (await gateway.ask("OPTIONS", "/in/stripe")).status == 404


# What should not be


async def test_what_fails_inside_is_told_without_a_word_of_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        msg = "jane@example.com cannot be read"
        raise RuntimeError(msg)

    monkeypatch.setattr(Intake, "take", fail)
    async with running() as gateway:
        answered = await gateway.post("/in/events", orjson.dumps(ANSWER))
        assert (answered.status, answered.body) == (500, b'{"error":"failed"}')
        assert await gateway.metric("feedback_gateway_requests_total", source="events", outcome="failed") == 1
    assert "a delivery has failed" in caplog.text
    assert "jane" not in caplog.text


@pytest.mark.parametrize("http", ["", "127.0.0.1:http", "203.0.113.1:8421"])
async def test_an_address_that_cannot_be_had_is_named(http: str) -> None:
    own = Settings(gateway_http=http)
    server = Server(own, {}, Intake(own, Outbox(), FixedClock(NOW)), lambda: "")
    with pytest.raises(FeedbackError, match=rf"cannot listen at {http} \(setting gateway_http, a free host:port\)"):
        await server.start()
