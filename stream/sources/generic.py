"""Another sender: events of any kind, found in its JSON where the operator says."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from stream.errors import Rejected
from stream.events import EVENTS
from stream.events.shown import shown
from stream.sources.reading import boolean, find, need, number, text, time_zone, when
from stream.sources.schemes import Open, Scheme
from stream.sources.source import Event, Headers, Options, Source

_MODELS = {event.name: event for event in EVENTS}
_TIMES = {"occurred_at", "updated_at", "effective_at", "first_response_at", "closed_at"}
_NUMBERS = {"score", "revision", "customers"}
_TRUTHS = {"resolved", "voluntary", "test"}
_IDS = {"response_id", "contact_id", "order_id", "invitation_id", "case_id"}


class Rule(BaseModel):
    """One kind of event in a delivery."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    event: str = Field(description="The event's type.")
    fields: dict[str, Any] = Field(description="The event's fields: a `$.path`, or the value itself.")
    only: dict[str, tuple[str, ...]] = Field({}, description="Values that a header or `$.path` must have for it.")
    each: str = Field(
        "",
        description="The `$.path` of a list: one event for each of its objects; `$.` is in these, `$$.` beside them.",
    )
    words: dict[str, dict[str, Any]] = Field(
        {}, description="By field: what the sender's words stand for; `*` is any other."
    )

    @model_validator(mode="after")
    def _fits_the_event(self) -> "Rule":
        model = _MODELS.get(self.event)
        if model is None:
            msg = f"event must be one of {', '.join(_MODELS)}; got {self.event!r}"
            raise ValueError(msg)
        unknown = {*self.fields, *self.words} - model.model_fields.keys()
        if unknown:
            msg = f"{self.event} has no field {', '.join(sorted(unknown))}; it has {', '.join(model.model_fields)}"
            raise ValueError(msg)
        return self


class GenericOptions(Options):
    """What must be said of a sender that has no file of its own."""

    delivery: str = Field("", description="The header or `$.path` that tells deliveries apart.")
    zone: Annotated[ZoneInfo | None, BeforeValidator(time_zone)] = Field(None, description="Zone of times without one.")
    own_customers: bool = Field(False, description="Whether customer ids are the sender's own, known to no one else.")
    events: tuple[Rule, ...] = Field(min_length=1, description="What to make of a delivery.")

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Generic(Source):
    """A sender that is described in the file of sources.

    Times, numbers and truths are read in every form that `stream.sources.reading` knows. Words that `words` does not
    name stay as they are. A score that is missing is an error, unless the status says that it was skipped or deleted.
    """

    name = "generic"
    title: ClassVar[str] = "Another sender"
    setup: ClassVar[str] = """
    Describe the sender in the file of sources (setting `gateway_sources`): where in its JSON what lies, by `events`,
    under a name of your own with `source: generic`, and how it proves who it is, by `auth`.
    """
    limits: ClassVar[str] = """
    One JSON object a delivery; no arithmetic, and no conditions but equality.
    """
    auth: ClassVar[Scheme] = Open()
    needs_options: ClassVar[bool] = True
    takes: ClassVar[type[Options]] = GenericOptions

    def __init__(self, options: Options | None = None, name: str = "") -> None:
        super().__init__(options, name)
        asked = (where for rule in self.options.events for where in rule.only)
        self.keeps = tuple(where for where in asked if not where.startswith("$."))

    def delivery_id(self, payload: Any, headers: Headers) -> str:
        """What the options name."""
        return text(_look(self.options.delivery, payload, headers)) or ""

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        return [event for rule in self.options.events for event in self._by(rule, payload, headers)]

    def _by(self, rule: Rule, payload: Any, headers: Headers) -> Iterator[Event]:
        for where, values in rule.only.items():
            if _word(_look(where, payload, headers)) not in values:
                return
        things = need(payload, rule.each.removeprefix("$.")) if rule.each else [payload]
        if not isinstance(things, list):
            msg = f"{rule.each} must be a list; got {shown(things)}"
            raise Rejected("unexpected_form", rule.each, msg)
        for thing in things:
            fields = {name: self._field(rule, name, said, thing, payload) for name, said in rule.fields.items()}
            event = self.event(rule.event, {}, **fields)
            gone = rule.event == "survey_response" and event.get("status") in {"skipped", "deleted"}
            yield {"score": None} | event if gone else event

    def _field(self, rule: Rule, name: str, said: Any, thing: Any, payload: Any) -> Any:
        is_path = isinstance(said, str) and said.startswith(("$.", "$$."))
        value = find(thing if said[1] == "." else payload, said.lstrip("$")[1:]) if is_path else said
        words = rule.words.get(name, {})
        value = words.get(_word(value) or "", words.get("*", value))
        if value is None or not is_path:
            return value
        if name in _TIMES:
            return when(value, self.options.zone)
        if name in _NUMBERS:
            return number(value)
        if name in _TRUTHS:
            truth = boolean(value)
            return value if truth is None else truth
        if name in _IDS or (name == "customer_id" and self.options.own_customers):
            return self.own(value)
        return text(value) if name != "scale" else value


def _look(where: str, payload: Any, headers: Headers) -> Any:
    return find(payload, where[2:]) if where.startswith("$.") else headers.get(where)


def _word(value: Any) -> str | None:
    """A value as files write it."""
    return str(value).lower() if isinstance(value, bool) else text(value)
