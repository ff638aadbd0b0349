"""What the examples cannot show: bodies that are forms, and options other than theirs."""

import pytest
from multidict import CIMultiDict

from stream.errors import Rejected
from stream.sources import CATALOGUE, Source

from .examples import DELIVERIES

FORM = CIMultiDict({"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})


def test_a_form_says_what_json_says() -> None:
    as_json = DELIVERIES["wootric: an answer, as JSON"]
    body = (
        b"response[id]=1128&response[email]=nps%40example.com&response[external_id]=123abc&response[score]=7"
        b"&response[text]=&response%5Bend_user_properties%5D%5BSegment%5D=gold&response[survey_id]=1146"
        b"&response[created_at]=2016-08-04%2013%3A57%3A26.558%20-0700"
        b"&response[updated_at]=2016-08-04T13:57:26.558-07:00&response[excluded_from_calculations]=false"
        b"&event_name=created&survey_mode=NPS&timestamp=2016-08-04%2013%3A57%3A31%20-0700"
    )
    source = as_json.source
    assert source.events(source.parse(body, FORM), FORM) == as_json.events


def wootric(body: bytes) -> object:
    source = CATALOGUE["wootric"]()
    return source.events(source.parse(body, FORM), FORM)


def test_a_form_with_odd_names_does_no_harm() -> None:
    assert wootric(b"") == wootric(b"[]=1&a[[b]]=2") == []
    for body in (b"response=1&response[id]=2", b"response[id][x]=1&response[id]=2"):
        with pytest.raises(Rejected, match="the delivery has no score"):
            wootric(body)


def freshdesk(points: int) -> Source:
    kind = CATALOGUE["freshdesk"]
    return kind(kind.takes.model_validate({"points": points}))


@pytest.mark.parametrize(
    ("points", "scores"),
    [(3, [1, 1, 1, 2, 3, 3, 3]), (7, [1, 2, 3, 4, 5, 6, 7])],
)
def test_freshdesk_writes_its_words_as_numbers(points: int, scores: list[int]) -> None:
    source = freshdesk(points)
    for rating, score in zip((-103, -102, -101, 100, 101, 102, 103), scores, strict=True):
        payload = {"id": 1, "user_id": 2, "ratings": {"default_question": rating}, "created_at": "2026-08-28T09:08:16Z"}
        (event,) = source.events(payload, CIMultiDict())
        assert (event["score"], event["scale"]) == (score, {"min": 1, "max": points})


@pytest.mark.parametrize("rating", [0, 3, 5, 99, -100, 104, "delighted", 100.5, {}, True])
def test_a_rating_that_freshdesk_does_not_have_is_none(rating: object) -> None:
    payload = {"id": 1, "user_id": 2, "ratings": {"default_question": rating}, "created_at": "2026-08-28T09:08:16Z"}
    with pytest.raises(Rejected, match="a rating must be one of -103") as error:
        freshdesk(7).events(payload, CIMultiDict())
    assert (error.value.reason, error.value.field) == ("unexpected_form", "ratings.default_question")


def test_a_question_without_a_rating_was_skipped() -> None:
    payload = {"id": 1, "user_id": 2, "ratings": {"default_question": None}, "created_at": "2026-08-28T09:08:16Z"}
    (event,) = freshdesk(3).events(payload, CIMultiDict())
    assert (event["score"], event["status"]) == (None, "skipped")
