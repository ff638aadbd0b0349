"""What the program itself publishes for others: scores and alerts, as models."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from stream.events.times import EventTime

# No list: a new KPI must not break who reads the scores.
_KPI = Field(description="The score's name, such as nps or csat_mean.")
_DROP = "in the score's unit, with its 95 % interval from `lower` to `upper`"


class Score(BaseModel):
    """A live score of one member of a scope in one window."""

    model_config = ConfigDict(title="Score")

    kpi: str = _KPI
    window: str = Field(description="The window's size, such as 24h.")
    scope: str = Field(description="`all`, or a dimension such as channel.")
    member: str = Field(description="`all`, or a value of that dimension such as phone.")
    as_of: EventTime = Field(description="When it was worked out.")
    value: float | None = Field(description="Null where it is withheld because the sample is too small.")
    lower: float | None = Field(description="Lower bound of the 95 % interval.")
    upper: float | None = Field(description="Upper bound of the 95 % interval.")
    n: int = Field(description="The sample size, also where the score is withheld.")
    suppressed: bool = Field(description="Whether the score is withheld.")
    fields: dict[str, int] = Field(
        description="The sums that it was extracted from; they can be added up; "
        "none of an agent whose score is withheld."
    )


class Share(BaseModel):
    """What one member of a scope did to a drop."""

    scope: str
    member: str
    share: float = Field(description="Part of the drop that it explains, 1 for all of it.")
    rate_effect: float = Field(description="By how much its own answers moved the whole, in the score's unit.")
    mix_effect: float = Field(description="By how much its part of all answers moved the whole, likewise.")


class Alert(BaseModel):
    """A drop of a score, or a rise of churn, that was raised, or that is resolved."""

    model_config = ConfigDict(title="Alert")

    id: str = Field(description="The same in the raised and the resolved record.")
    kpi: str = Field(description="The KPI's name, such as nps or churn.")
    scope: str
    member: str
    state: Literal["raised", "resolved"]
    at: EventTime = Field(description="When it was known, by the times of the answers.")
    begin: EventTime = Field(description="When the drop began.")
    end: EventTime | None = Field(description="When it ended; null while it lasts.")
    drop: float = Field(description=f"How much worse than the baseline, {_DROP}; a rise of churn in 30 days.")
    lower: float
    upper: float
    baseline: float = Field(description="What is usual, in the score's unit.")
    compared: int = Field(description="Answers behind the baseline.")
    deviation: float = Field(description="Standard deviation of one answer, in the score's unit.")
    answers: int = Field(description="Answers between begin and end, or so far.")
    accepted: bool = Field(description="Resolved not because answers recovered, but because they stay as they are.")
    explained_by: list[Share] = Field(description="The members that stand out, the clearest first; none if all alike.")
