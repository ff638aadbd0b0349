"""The scenarios: what goes wrong in the simulated centre, and when."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Incident:
    """Trouble in one channel at one touchpoint: everyone waits longer, is helped less often, and is less satisfied.

    `severity` is taken from satisfaction, in standard deviations; `waiting` multiplies the time to a first response.
    """

    channel: str
    touchpoint: str
    severity: float
    waiting: float
    theme: str


@dataclass(frozen=True)
class Wave:
    """Customers of one segment leave `factor` times as often as they do otherwise."""

    segment: str
    factor: float


@dataclass(frozen=True)
class Scenario:
    """What is special about the traffic, in one sentence and in figures.

    The incident and the wave begin `onset` after the start of the traffic and last for `lasts`. Shares are between 0
    and 1: `damaged` of all records, `repeated` of the records that can be read (each delivered once more), `corrected`
    and `deleted` of the answers. Without `rhythm` the traffic is the same day and night.

    >>> SCENARIOS["nps-drop"].incident.channel, SCENARIOS["nps-drop"].onset
    ('phone', datetime.timedelta(seconds=600))
    """

    description: str
    onset: timedelta = timedelta(minutes=10)
    lasts: timedelta = timedelta(hours=1)
    incident: Incident | None = None
    wave: Wave | None = None
    damaged: float = 0.0
    repeated: float = 0.0
    corrected: float = 0.03
    deleted: float = 0.0
    rhythm: bool = True


#: The severity is chosen so that the NPS of the whole centre falls by 25 points.
SCENARIOS: dict[str, Scenario] = {
    "steady": Scenario("An ordinary day: the NPS stays around +30."),
    "nps-drop": Scenario(
        "After a quiet beginning, long waiting on the phone about bills takes 25 points off the NPS for an hour.",
        incident=Incident("phone", "billing", severity=0.9, waiting=8.0, theme="waiting"),
    ),
    "churn-wave": Scenario(
        "After a quiet beginning, premium customers leave 25 times as often as usual, for six hours.",
        lasts=timedelta(hours=6),
        wave=Wave("premium", factor=25.0),
    ),
    "bad-input": Scenario("One record in twenty cannot be read, each in its own way.", damaged=0.05),
    "duplicates": Scenario(
        "One record in five comes twice, one answer in ten is corrected, and one in fifty is deleted.",
        repeated=0.20,
        corrected=0.10,
        deleted=0.02,
    ),
}
