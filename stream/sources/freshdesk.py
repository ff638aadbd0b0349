"""Freshdesk: satisfaction ratings, and tickets as contacts."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from stream.errors import Rejected
from stream.events.shown import shown
from stream.events.survey import Scale
from stream.sources.reading import dimensions, find, need, number, text, when
from stream.sources.schemes import Basic, Scheme
from stream.sources.source import Event, Headers, IssueOptions, Options, Question, Source

#: What Freshdesk writes for a rating, from the worst to the best.
_RATINGS = (-103, -102, -101, 100, 101, 102, 103)
_WORDS = {"unhappy": -101, "neutral": 100, "happy": 101}
_CHANNELS = {1: "email", 2: "portal", 3: "phone", 7: "chat", 9: "feedback widget", 10: "email"}
_OUTBOUND = 10
_DONE = {4, 5, "resolved", "closed"}


class FreshdeskOptions(IssueOptions):
    """What can be said of Freshdesk."""

    points: Literal[3, 7] = Field(3, description="3: unhappy, neutral, happy; 7: with their degrees.")


class Freshdesk(Source):
    """Freshdesk's satisfaction ratings and tickets, in the form that its API shows them, one or a list.

    A rating is a number from -103 to 103, 100 for neutral: not a scale, but a word for each. With 3 `points` every
    happy one is satisfied, as in Freshdesk's own figure. Questions beyond the first count if `questions` names them.
    The team is the group. A ticket is a contact, closed when it is resolved, and open again when it is reopened.
    """

    name = "freshdesk"
    title: ClassVar[str] = "Freshdesk"
    setup: ClassVar[str] = """
    *Admin*, *Workflows*, *Automations*: rules for new and updated tickets with the action *Trigger webhook*, `POST`,
    JSON, the address, and a user with a password that you make up. The body is yours to write: give it the fields of
    the API's ticket. Ratings as `GET /api/v2/surveys/satisfaction_ratings` shows them are to be posted by a job.
    """
    limits: ClassVar[str] = """
    Freshdesk pushes no ratings by itself, signs nothing, and does not tell deletions. It tries 3 times more within
    2 hours.
    """
    auth: ClassVar[Scheme] = Basic()
    takes: ClassVar[type[Options]] = FreshdeskOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        things = payload if isinstance(payload, list) else [payload]
        return [event for thing in things for event in self._of(thing)]

    def _of(self, thing: Any) -> Iterator[Event]:
        ticket = find(thing, "freshdesk_webhook") or find(thing, "ticket") or thing
        if find(thing, "ratings") is not None:
            yield from self._answers(thing)
        elif find(ticket, "requester_id") is not None and find(ticket, "spam") is not True:
            yield self._contact(ticket)

    def _answers(self, rating: Any) -> Iterator[Event]:
        comment, agent = text(find(rating, "feedback")), text(find(rating, "agent_id"))
        about = {"survey_id": find(rating, "survey_id"), "team": find(rating, "group_id")}
        for name, value in sorted(need(rating, "ratings").items()):
            asked = Question(kpi="csat") if name == "default_question" else self.question(name)
            if asked is None:
                continue
            scale = Scale(min=1, max=self.options.points)
            yield self.answer(
                Question(kpi=asked.kpi, scale=scale), dimensions(about),
                response_id=self.own(need(rating, "id")),
                question=name,
                occurred_at=when(need(rating, "created_at")),
                updated_at=when(find(rating, "updated_at")),
                score=None if value is None else self._score(name, value),
                customer_id=self.own(need(rating, "user_id")),
                agent_id=agent and self.own(agent),
                comment=comment,
            )  # fmt: skip
            comment = None  # once for each rating

    def _score(self, name: str, value: Any) -> int:
        """The rating's place on the scale.

        Raises:
            Rejected: `unexpected_form` if Freshdesk has no such rating.
        """
        code = _WORDS.get(str(value).lower(), number(value))
        if code not in _RATINGS:
            msg = f"a rating must be one of {', '.join(map(str, _RATINGS))}; got {shown(value)}"
            raise Rejected("unexpected_form", f"ratings.{name}", msg)
        place = _RATINGS.index(code) + 1
        return place if self.options.points == len(_RATINGS) else 2 + (place > 4) - (place < 4)

    def _contact(self, ticket: Any) -> Event:
        status, source = _word(find(ticket, "status")), number(find(ticket, "source"))
        done, stats = status in _DONE, find(ticket, "stats")
        updated = when(find(ticket, "updated_at"))
        ended = find(stats, "resolved_at") or find(stats, "closed_at")
        channel = _CHANNELS.get(source) if isinstance(source, int) else text(source)
        return self.event(
            "contact", dimensions({"channel": channel, "team": find(ticket, "group_id")}),
            contact_id=self.own(need(ticket, "id")),
            customer_id=self.own(need(ticket, "requester_id")),
            occurred_at=when(need(ticket, "created_at")),
            updated_at=updated,
            direction="outbound" if source == _OUTBOUND else None,
            first_response_at=when(find(stats, "first_responded_at")),
            closed_at=(when(ended) or updated) if done else None,
            resolved=True if done else False if find(stats, "reopened_at") else None,
            issue=self.options.issue(find(ticket, "tags")),
        )  # fmt: skip


def _word(value: Any) -> Any:
    """A status as its number, or its name in small letters."""
    value = number(value)
    return value.lower() if isinstance(value, str) else value if isinstance(value, int) else None
