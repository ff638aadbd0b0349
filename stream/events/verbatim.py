"""Verbatims: what a comment says, without its text."""

from typing import Annotated, ClassVar, Literal, Self

from msgspec.structs import replace
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from stream.events.base import Event, Key, Name, Observation
from stream.events.times import EventTime
from stream.histories.verbatims import VerbatimFacts

Theme = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)]


class Verbatim(Event):
    """What the comment of an answer says: its sentiment and its themes, never its words.

    `worker --role text` makes them of the comments in `feedback.surveys`; who has an analysis of their own can send
    them instead. The identity is (`response_id`, `question`). A later record with a greater (`updated_at` or else
    `occurred_at`, `revision`) replaces it; `deleted` takes it out.

    >>> event = Verbatim.read('{"response_id":"r1","occurred_at":"2026-03-01T09:30:00Z","sentiment":"negative",'
    ...                       '"themes":["waiting"]}')
    >>> event.themes
    ['waiting']
    """

    name: ClassVar[str] = "verbatim"
    topic: ClassVar[str] = "feedback.verbatims"
    mark: ClassVar[str] = "themes"
    key: ClassVar[str] = "response_id"

    type: Literal["verbatim"] = "verbatim"
    response_id: Key
    occurred_at: EventTime
    sentiment: Literal["positive", "neutral", "negative"] | None = Field(description="Null only if deleted.")
    themes: list[Theme] = Field(max_length=16, description="Names of themes, each once; an empty list for none.")
    question: Key | None = Field(None, description="The question whose answer was commented on.")
    group: Literal["promoter", "passive", "detractor"] | None = Field(
        None, description="Of the answer that was commented on, where its kpi is nps."
    )
    status: Literal["answered", "deleted"] = "answered"
    updated_at: EventTime | None = None
    revision: int = Field(0, ge=0, le=2**53)
    language: Name | None = Field(None, description="The comment's, such as fr; null where it has no words.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.sentiment is None and self.status != "deleted":
            context = {"message": "sentiment may be null only if deleted", "field": "sentiment"}
            raise PydanticCustomError("missing_field", "{message}", context)
        return self

    def observe(self) -> Observation:
        deleted = self.status == "deleted"
        facts = VerbatimFacts("", None if deleted else self.sentiment, tuple(self.themes), self.group)
        identity = f"{self.response_id}\0{self.question or ''}"
        said = self._of_history(identity, facts, self.occurred_at, self.updated_at)
        return replace(said, version=(said.version[0], self.revision), deleted=deleted)
