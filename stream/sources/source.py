"""What a source is: how its sender proves who it is, how deliveries are told apart, and which events one holds."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qsl

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from stream.errors import Rejected
from stream.events.shown import shown
from stream.events.survey import Scale
from stream.measures import QUESTIONS
from stream.settings import Dimension
from stream.sources.reading import find, text
from stream.sources.schemes import AnyScheme, Scheme

#: An event as a JSON object, by docs/events.md; fields that are None are left out.
Event = dict[str, Any]
#: The headers of a delivery; names know no case.
Headers = Mapping[str, str]


class Question(BaseModel):
    """What a question of a survey asks for; in a file also the KPI alone, `nps`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kpi: str
    scale: Scale | None = Field(None, description="Left out: the KPI's usual scale. Never guessed from answers.")

    @model_validator(mode="after")
    def _is_asked_for(self) -> "Question":
        if self.kpi not in QUESTIONS:
            msg = f"kpi must be one of {', '.join(sorted(QUESTIONS))}; got {shown(self.kpi)}"
            raise ValueError(msg)
        return self


def _question(value: Any) -> Any:
    return {"kpi": value} if isinstance(value, str) else value


class Options(BaseModel):
    """What an operator can say of any source; a source adds its own by a subclass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field("", description="Which source it is, where its name is another one, such as typeform-shop.")
    auth: AnyScheme | None = Field(None, description="How the sender proves who it is, where not as usual.")
    allow: tuple[IPv4Network | IPv6Network, ...] = Field((), description="Networks that may send; none for any.")
    origins: tuple[str, ...] = Field((), description="Hosts that may ask for deliveries by OPTIONS; none for any.")
    rate: float | None = Field(None, gt=0, description="Deliveries a second; left out: the setting gateway_rate.")
    questions: dict[str, Annotated[Question, BeforeValidator(_question)]] = Field(
        {}, description="Questions by the sender's own name for them; one that is called like a KPI is known."
    )
    dimensions: dict[Dimension, str] = Field({}, description="Members where a delivery names none.")


class IssueOptions(Options):
    """What an operator can say of a source whose contacts have tags."""

    issues: tuple[str, ...] = Field(
        (), description="Tags that name an issue; a contact's first one of them is its own."
    )

    def issue(self, tags: Any) -> str | None:
        """The issue that a list of tags names, if one does."""
        return next((tag for tag in tags if tag in self.issues), None) if isinstance(tags, list) else None


class Source:
    """A sender of deliveries. To add one, subclass it in a file of its own here: the catalogue finds it.

    What a delivery holds is worked out by `events` from the delivery alone: the same delivery gives the same events, so
    one that comes twice counts once. Identities are made of what the sender calls things, never of the delivery's own
    id, so that corrections meet what they correct.
    """

    #: Where it is posted to (`/in/NAME`), and what its ids begin with; an operator can give it another one.
    name: str
    #: The sender's name for people.
    title: ClassVar[str]
    #: Where at the sender to enter what, and what the secret is; for docs/sources.md, as is `limits`.
    setup: ClassVar[str]
    #: What the sender does not tell, or tells otherwise than one would think.
    limits: ClassVar[str]
    #: How the sender proves who it is, unless the options say otherwise.
    auth: ClassVar[Scheme]
    #: The header or, after `$.`, the path in the payload that tells deliveries apart; empty where there is none.
    delivery: ClassVar[str] = ""
    #: Headers, besides the content type, without which a delivery cannot be understood: dead letters keep them.
    keeps: tuple[str, ...] = ()
    #: The sender gives up after so many seconds: the answer must come before.
    patience: ClassVar[float] = 5.0
    #: Its sender is one that can mend an event: it is told what is wrong (422), and nothing goes to the dead letters.
    tells: ClassVar[bool] = False
    #: It is nothing without what an operator says of it.
    needs_options: ClassVar[bool] = False
    #: What an operator can say of it.
    takes: ClassVar[type[Options]] = Options

    def __init__(self, options: Options | None = None, name: str = "") -> None:
        self.options: Any = self.takes() if options is None else options
        self.name = name or self.name

    def parse(self, body: bytes, headers: Headers) -> Any:
        """The payload: JSON, or the fields of a form.

        Raises:
            Rejected: `invalid_json`.
        """
        if headers.get("Content-Type", "").lower().startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1_000))
        return parse_json(body)

    def delivery_id(self, payload: Any, headers: Headers) -> str:
        """What tells this delivery from others, the same in each attempt; empty where the sender gives nothing."""
        path = self.delivery.removeprefix("$.")
        found = headers.get(path) if path == self.delivery else find(payload, path)
        return text(found) or ""

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        """The events that a delivery holds; none where it is of no interest.

        Raises:
            Rejected: with the reason, the field and a sentence; the delivery goes to the dead letters.
        """
        raise NotImplementedError

    def exported(self, document: Any) -> list[Any]:
        """The deliveries in one thing of an export of the sender's: a line, a row, or a whole file of JSON."""
        return [document]

    def own(self, id: object) -> str:  # noqa: A002  the sender's word for it
        """The sender's own id as ours: other senders number their things alike.

        Raises:
            Rejected: `unexpected_form` if it is none.

        >>> Source(name="zendesk").own(5158)
        'zendesk:5158'
        """
        own = text(id)
        if own is None:
            msg = f"an id must be a text or a whole number; got {shown(id)}"
            raise Rejected("unexpected_form", "", msg)
        return f"{self.name}:{own}"

    def question(self, *names: str | None) -> Question | None:
        """What is asked by a question that has one of these names: by the options, or called like a KPI."""
        for name in names:
            if name in self.options.questions:
                return self.options.questions[name]  # type: ignore[no-any-return]  # options are of any class
        known = next((name for name in names if name in QUESTIONS), None)
        return None if known is None else Question(kpi=known)

    def event(self, type_: str, dimensions: Mapping[str, str], **fields: Any) -> Event:
        """An event without the fields that are None, with the dimensions of the options where it names none.

        >>> Source(name="shop").event("order", {"channel": "web"}, order_id="o1", kind=None)
        {'type': 'order', 'channel': 'web', 'order_id': 'o1'}
        """
        usual = {_FIELD.get(name, name): member for name, member in self.options.dimensions.items()}
        said = {name: value for name, value in fields.items() if value is not None}
        return {"type": type_, **usual, **dimensions, **said}

    def answer(self, asked: Question, dimensions: Mapping[str, str], **fields: Any) -> Event:
        """A survey response to what was asked; `score` None without a `status` means that it was skipped."""
        scale = None if asked.scale is None else asked.scale.model_dump(exclude_none=True)
        skipped = "skipped" if fields.get("score") is None else None
        status = fields.pop("status", None) or skipped
        event = self.event("survey_response", dimensions, kpi=asked.kpi, scale=scale, status=status, **fields)
        return event | {"score": fields.get("score")}


#: Dimensions whose field in an event is called otherwise.
_FIELD: dict[str, str] = {"survey": "survey_id"}


def parse_json(body: bytes) -> Any:
    """What JSON holds.

    Raises:
        Rejected: `invalid_json`.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        msg = f"the body is not JSON: {error}"
        raise Rejected("invalid_json", "", msg) from None
