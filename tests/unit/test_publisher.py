"""What is published of the scores, and what is taken back."""

import pytest

from stream.publisher import Publisher
from stream.settings import Settings
from stream.view import Score

PHONE, WEB = (b'["nps","1h","channel","%s"]' % member for member in (b"phone", b"web"))


async def nobody_looks() -> tuple[float, list[Score]]:
    pytest.fail("nothing is to be looked at here")


def test_a_score_that_vanished_while_nobody_published_is_taken_back() -> None:
    publisher = Publisher(Settings(), nobody_looks)
    for key, value in ((PHONE, b"{}"), (WEB, b"{}"), (WEB, None)):
        publisher.read(key, value)
    assert publisher.changes(600.0, []) == {("nps", "1h", "channel", "phone"): None}
    assert publisher.changes(605.0, []) == {}


@pytest.mark.parametrize("key", [None, b"", b"nps", b"5"])
def test_what_somebody_else_has_written_is_left_alone(key: bytes | None) -> None:
    publisher = Publisher(Settings(), nobody_looks)
    publisher.read(key, b"{}")
    assert publisher.changes(600.0, []) == {}
