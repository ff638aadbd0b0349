"""What all events share: dimensions, identity, and the observation that the stream keeps of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from stream.events.times import micros
from stream.histories.base import Facts
from stream.measures import Measure

UNKNOWN = "unknown"

#: Members of channel, touchpoint, segment, team and survey_id, in this order; where agents are counted by themselves
#: the pseudonym of one after them; and a label at the end for some.
Dimensions = tuple[str, ...]

#: `(microseconds of updated_at or occurred_at, revision)`: the greater one is the newer version.
Version = tuple[int, int]

Text = Annotated[str, StringConstraints(strict=True)]
Name = Annotated[str, StringConstraints(strict=True, max_length=64)]
#: Characters of an id.
MAX_KEY = 256
Key = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=MAX_KEY)]


#: How an observation is judged that no newer version simply replaces: a `level` is a count that holds until the next
#: one, an `erasure` makes everything of its customer's unknown, a `history` changes what others count as.
Rule = Literal["level", "erasure", "history"]


class Observation(Struct, frozen=True, gc=False):
    """What one event says; times in microseconds since the epoch.

    `identity` names the thing observed (an answer, a change of a customer): a later observation of it with a greater
    `version` replaces the earlier one. `at` is when it occurred, `time` when it counts: the event time that decides
    the pane. `measure` is what the KPIs look at, None where it counts for none. `deleted` takes the
    thing out. `rule` says where it is judged otherwise; of a history, `facts` take the place of the measure, and
    `identity` names the history. `customer` is whom the thing belongs to, and part of its
    identity, `agent` who served them; these two are personal, and kept as pseudonyms only, or not at all. `named` says
    that `identity` begins with the kind of event; that of an answer, of which there are most, begins with an id, which
    may read the same.
    """

    identity: str
    version: Version
    at: int
    time: int
    dimensions: Dimensions
    measure: Measure | None
    deleted: bool = False
    rule: Rule | None = None
    customer: str | None = None
    facts: Facts | None = None
    named: bool = False
    agent: str | None = None


class Event(BaseModel):
    """Base of all events: unknown fields are ignored, types are never coerced."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    #: Value of `type`, and the topic such events are sent to.
    name: ClassVar[str]
    topic: ClassVar[str]
    #: Further topics that each such event is sent to.
    also: ClassVar[tuple[str, ...]] = ()
    #: The field whose presence tells this event where `type` was left out (None: that must be there), and the key.
    mark: ClassVar[str | None]
    key: ClassVar[str]

    channel: Name | None = Field(UNKNOWN, description="Where it happened, such as phone, chat, email.")
    touchpoint: Name | None = Field(UNKNOWN, description="The step of the customer's journey, such as billing.")
    segment: Name | None = Field(UNKNOWN, description="The customer's segment at that time.")
    team: Name | None = Field(UNKNOWN, description="The team at that time.")
    survey_id: Name | None = Field(UNKNOWN, description="The survey that asked.")

    @property
    def dimensions(self) -> Dimensions:
        """The members this event counts for; an empty one is unknown."""
        return (
            self.channel or UNKNOWN,
            self.touchpoint or UNKNOWN,
            self.segment or UNKNOWN,
            self.team or UNKNOWN,
            self.survey_id or UNKNOWN,
        )

    @classmethod
    def topics(cls) -> tuple[str, ...]:
        """Every topic that such events come by."""
        return (cls.topic, *cls.also)

    @classmethod
    def key_of(cls, data: Mapping[str, Any]) -> bytes | None:
        """The key of such an event's record: what belongs together has the same, and so comes by one partition."""
        # Counts without a segment must meet on one partition, as those of one segment do.
        key = data.get(cls.key, UNKNOWN if cls.key == "segment" else None)
        return key.encode() if isinstance(key, str) else None

    def observe(self) -> Observation:
        """What the stream keeps of it."""
        raise NotImplementedError

    def _of_history(
        self,
        identity: str,
        facts: Facts,
        occurred_at: datetime,
        updated_at: datetime | None = None,
        customer: str | None = None,
    ) -> Observation:
        """An observation of a thing that counts by what came before and after it."""
        time = micros(occurred_at)
        version = (micros(updated_at) if updated_at else time, 0)
        return Observation(
            f"{self.name}\0{identity}", version, time, time, self.dimensions, None,
            rule="history", customer=customer, facts=facts, named=True,
        )  # fmt: skip

    @classmethod
    def read(cls, data: bytes | str) -> Self:
        """An event from JSON."""
        return cls.model_validate_json(data)
