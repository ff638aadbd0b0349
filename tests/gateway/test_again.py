"""Deliveries that were parked and are sent back: understood as if they came now."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from stream.dead_letters import DeadLetter
from stream.errors import FeedbackError
from stream.gateway.again import again, is_delivery
from stream.settings import Settings
from tests.sources.examples import FILES

from .running import NOW

PAYLOAD = next(one["payload"] for one in FILES["typeform"]["deliveries"] if one["is"].startswith("an answer by"))


def parked(value: bytes, origin: str = "/in/typeform--") -> DeadLetter:
    headers = [("content-type", b"application/json")]
    return DeadLetter("0-7", datetime.now(UTC), "unexpected_form", "", "", origin, None, value, headers)


def test_a_delivery_is_told_from_a_record() -> None:
    assert is_delivery(parked(b"{}"))
    assert not is_delivery(parked(b"{}", "feedback.surveys-3-41"))


def test_what_can_be_understood_by_now_becomes_events() -> None:
    (record,) = again(Settings(), [parked(orjson.dumps(PAYLOAD))], NOW)
    assert (record.topic, record.key) == ("feedback.surveys", b"typeform:a3a12ec67a1365927098a606107fac15")


def test_what_is_still_wrong_is_parked_again() -> None:
    (record,) = again(Settings(), [parked(b"{")], NOW)
    assert (record.topic, record.value) == ("feedback.dead-letters", b"{")


def test_a_source_that_is_gone_is_named_with_the_letter(tmp_path: Path) -> None:
    letter = parked(orjson.dumps(PAYLOAD), "/in/our-tool--")
    with pytest.raises(FeedbackError, match=r"dead letter 0-7 came by /in/our-tool, .* \(setting gateway_sources\)"):
        list(again(Settings(), [letter], NOW))
    file = tmp_path / "sources.yaml"
    file.write_text("our-tool: {source: typeform}")
    (record,) = again(Settings(gateway_sources=file), [letter], NOW)
    assert (record.key or b"").startswith(b"our-tool:")
