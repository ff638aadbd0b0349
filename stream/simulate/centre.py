"""The contact centre that is simulated: its surveys, teams and customers."""

from collections import Counter
from dataclasses import dataclass

from stream.simulate.answers import Question
from stream.simulate.chance import NORMAL, Draw, pick, spread

#: Shares of the contacts.
CHANNELS = {"phone": 0.42, "chat": 0.18, "email": 0.15, "web": 0.12, "store": 0.08, "social": 0.05}
_CALLS = {
    "billing": 0.46, "technical_support": 0.20, "delivery": 0.10,
    "cancellation": 0.09, "renewal": 0.08, "onboarding": 0.07,
}  # fmt: skip
_OTHERS = {
    "billing": 0.20, "technical_support": 0.29, "delivery": 0.21,
    "cancellation": 0.07, "renewal": 0.10, "onboarding": 0.13,
}  # fmt: skip
TOUCHPOINTS = {channel: _CALLS if channel == "phone" else _OTHERS for channel in CHANNELS}
ISSUES = {
    "billing": ("invoice", "double_charge", "refund", "payment_method", "tariff", "direct_debit"),
    "technical_support": ("outage", "slow_line", "router", "login", "app_crash", "configuration"),
    "delivery": ("late_parcel", "damaged_parcel", "wrong_item", "address", "appointment"),
    "cancellation": ("notice_period", "moving", "competitor_offer", "fees"),
    "renewal": ("new_contract", "price_change", "upgrade", "options"),
    "onboarding": ("activation", "number_transfer", "first_invoice", "welcome_kit"),
}
SEGMENTS = {"standard": 0.48, "premium": 0.14, "business": 0.18, "new": 0.20}
LANGUAGES = {"fr": 0.6, "en": 0.4}

#: What adds to or takes from satisfaction, in standard deviations.
EASE_OF_TOUCHPOINT = {
    "billing": -0.05, "technical_support": -0.05, "delivery": 0.0,
    "cancellation": -0.3, "renewal": 0.1, "onboarding": 0.25,
}  # fmt: skip
EASE_OF_CHANNEL = {"phone": 0.05, "chat": 0.05, "email": -0.1, "web": -0.05, "store": 0.2, "social": -0.2}
EASE_OF_SEGMENT = {"standard": 0.0, "premium": 0.15, "business": -0.1, "new": 0.05}


@dataclass(frozen=True)
class Team:
    """A team, the language it speaks, the channels it serves, and what it adds to satisfaction."""

    name: str
    language: str
    channels: tuple[str, ...]
    quality: float


TEAMS = (
    Team("lyon-1", "fr", ("phone",), 0.15),
    Team("lille-2", "fr", ("phone", "chat"), -0.20),
    Team("marseille-1", "fr", ("phone", "email"), 0.0),
    Team("nantes-1", "fr", ("email", "web"), 0.10),
    Team("rennes-1", "fr", ("chat", "social"), 0.20),
    Team("toulouse-2", "fr", ("web", "chat"), -0.10),
    Team("paris-store", "fr", ("store",), 0.05),
    Team("leeds-1", "en", ("phone",), 0.10),
    Team("york-1", "en", ("phone", "chat"), -0.15),
    Team("bristol-1", "en", ("email", "web"), 0.05),
    Team("cardiff-1", "en", ("chat", "social"), 0.0),
    Team("london-store", "en", ("store",), 0.10),
)
AGENTS_PER_TEAM = 30

_NPS = Question("nps", 0, (2.2, 0.8, 1.2, 1.8, 2.3, 4.9, 6.8, 11.5, 18, 20, 30.5))
_RECOMMEND = Question("nps", 0, _NPS.shares, name="recommend")
_CSAT = Question("csat", 1, (4, 5, 10, 36, 45))
_CSAT_7 = Question("csat", 1, (3, 3, 5, 9, 17, 30, 33), scale={"min": 1, "max": 7, "high_is": "better"})
_CES = Question("ces", 1, (3, 4, 7, 12, 22, 29, 23))
_CES_HARDER = Question("ces", 1, (38, 30, 17, 9, 6), scale={"min": 1, "max": 5, "high_is": "harder"})
ENPS = Question("enps", 0, (4, 2, 2, 3, 4, 7, 8, 14, 21, 18, 17))


@dataclass(frozen=True)
class Survey:
    """A survey and its questions; the first one is the one that invitations are sent for."""

    survey_id: str
    questions: tuple[Question, ...]


_BY_CHANNEL = {
    "phone": Survey("post-call", (_NPS, _CSAT)),
    "chat": Survey("post-chat", (_CSAT_7, _NPS)),
    "social": Survey("post-chat", (_CSAT_7, _NPS)),
    "email": Survey("helpdesk-effort", (_CES_HARDER, _CSAT)),
    "web": Survey("web-pulse", (_NPS,)),
    "store": Survey("store-visit", (_NPS, _CSAT)),
}
_SUPPORT = Survey("support-effort", (_CES, _CSAT))
_DELIVERY = Survey("delivery", (_CSAT, _RECOMMEND))
EMPLOYEE_SURVEY = "employee-pulse"


def survey(channel: str, touchpoint: str) -> Survey:
    """The survey that follows a contact.

    >>> survey("phone", "billing").survey_id
    'post-call'
    """
    if touchpoint == "technical_support":
        return _SUPPORT
    if touchpoint == "delivery" and channel != "phone":
        return _DELIVERY
    return _BY_CHANNEL[channel]


_PERSONAS = 4096
#: Customers who had left before the simulation began, and may come back: at most, and one in so many.
_FORMER_MOST = 5000
_FORMER_SHARE = 50


class Customers:
    """The customers: numbered from 1, each with a segment, a language and a satisfaction of their own.

    What a customer is like follows from the number, so that millions of them take no memory.

    >>> customers = Customers(iter([0.5] * 100_000).__next__, 10_000)
    >>> sum(customers.counts.values()), customers.segment(7), customers.language(7)
    (9800, 'premium', 'fr')
    """

    def __init__(self, draw: Draw, count: int) -> None:
        segments, languages = spread(SEGMENTS), spread(LANGUAGES)
        self._personas = [
            (pick(draw, segments), pick(draw, languages), 0.35 * pick(draw, NORMAL)) for _ in range(_PERSONAS)
        ]
        #: How many there were at the beginning, those who had left included.
        self.settled = count
        self._last = count
        self._former = {
            number * _FORMER_SHARE: None for number in range(1, min(_FORMER_MOST, count // _FORMER_SHARE) + 1)
        }
        #: Customers of each segment at this time.
        self.counts = self._count()

    def _count(self) -> Counter[str]:
        whole, rest = divmod(self.settled, _PERSONAS)
        counts: Counter[str] = Counter()
        for index, (segment, _, _) in enumerate(self._personas):
            counts[segment] += whole + (1 <= index <= rest)
        for number in self._former:
            counts[self.segment(number)] -= 1
        return counts

    def segment(self, number: int) -> str:
        """The segment; whoever joined since the beginning is `new`."""
        return "new" if number > self.settled else self._personas[number % _PERSONAS][0]

    def language(self, number: int) -> str:
        """`fr` or `en`."""
        return self._personas[number % _PERSONAS][1]

    def satisfaction(self, number: int) -> float:
        """What the customer's own nature adds to satisfaction, in standard deviations."""
        return self._personas[number % _PERSONAS][2]

    def pick(self, draw: Draw) -> int:
        """Any present customer."""
        while True:
            number = 1 + int(draw() * self._last)
            if number not in self._former:
                return number

    def join(self) -> int:
        """A customer who was never there before."""
        self._last += 1
        self.counts["new"] += 1
        return self._last

    def lose(self, number: int) -> None:
        """The customer leaves."""
        self._former[number] = None
        self.counts[self.segment(number)] -= 1

    def win_back(self) -> int | None:
        """The customer who left longest ago comes back; None if there is none."""
        number = next(iter(self._former), None)
        if number is not None:
            del self._former[number]
            self.counts[self.segment(number)] += 1
        return number


def customer_id(number: int) -> str:
    """The pseudonym of a customer.

    >>> customer_id(123)
    'c-000123'
    """
    return f"c-{number:06d}"
