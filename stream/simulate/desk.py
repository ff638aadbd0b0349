"""The contact centre at work: who turns to it, how the contact goes, and whether it was the last one on the issue."""

from functools import partial
from itertools import count
from typing import Self

from stream.simulate import centre, events
from stream.simulate.centre import Team
from stream.simulate.chance import lognormal, pick, spread
from stream.simulate.events import CONTACTS, Course, Visit
from stream.simulate.feedback import ANSWERED, Feedback
from stream.simulate.site import Site

_TOUCHPOINTS = {channel: spread(shares) for channel, shares in centre.TOUCHPOINTS.items()}
_TEAMS: dict[tuple[str, str], tuple[Team, ...]] = {
    (channel, language): tuple(team for team in centre.TEAMS if channel in team.channels and team.language == language)
    for channel in centre.CHANNELS
    for language in centre.LANGUAGES
}
_AGENTS = {
    team.name: tuple(f"{team.name}-a{number:02}" for number in range(1, centre.AGENTS_PER_TEAM + 1))
    for team in centre.TEAMS
}
#: Channels where someone answers while the customer waits: the record is written when the contact is over.
_LIVE = frozenset({"phone", "chat", "store"})

_WAITING = {
    "phone": lognormal(35, 0.9), "chat": lognormal(45, 0.8), "store": lognormal(90, 0.8),
    "email": lognormal(5400, 0.8), "web": lognormal(3600, 0.8), "social": lognormal(1800, 0.9),
}  # fmt: skip
_HANDLING = {
    "phone": lognormal(330, 0.6), "chat": lognormal(480, 0.6), "store": lognormal(600, 0.6),
    "email": lognormal(1200, 0.8), "web": lognormal(900, 0.8), "social": lognormal(1200, 0.8),
}  # fmt: skip
_INVITING = lognormal(120, 0.8)
_ANSWERING = {
    channel: lognormal(150, 1.2) if channel in {"phone", "chat"} else lognormal(1800, 1.2) for channel in _WAITING
}
_RETURNING = lognormal(10 * 3600, 0.9)

_OUTBOUND = 0.06
_RESOLVED = 0.79
_RESOLVED_IN_TROUBLE = 0.45
_RETURN = 0.55
_RETURN_THOUGH_RESOLVED = 0.03
_SWITCH_CHANNEL = 0.4

#: No answer comes later than this after its contact was opened.
LONGEST_MS = max(_WAITING[channel][-1] + _HANDLING[channel][-1] + _ANSWERING[channel][-1] for channel in _WAITING)
LONGEST_MS += _INVITING[-1]


class Desk:
    """Takes contacts from any customers; those who must turn to it again go to the desk `returns`, or to this one.

    `name` tells its streams of chance and its ids from those of other desks.
    """

    def __init__(self, site: Site, name: str, returns: Self | None = None, *, answered: bool = False) -> None:
        self._site = site
        self._customers = site.customers
        self._draw = site.stream(f"{name}/visitors")
        self._fate = site.stream(f"{name}/courses")
        self._sender = site.sender(name)
        self._feedback = Feedback(site, name)
        self._returns = returns or self
        self._prefix = site.prefix(name)
        self._numbers = count(1)
        weights = {
            channel: share * (ANSWERED[channel] if answered else 1) for channel, share in centre.CHANNELS.items()
        }
        self._channels = spread(weights)

    def contact(self, at_ms: int) -> None:
        """Any customer opens a contact at that time."""
        self._serve(self._visitor(), at_ms)

    def answer(self, at_ms: int) -> None:
        """An answer at that time to a survey after a contact, if that contact was before the simulation began.

        Without these, a simulation would begin with an hour of few answers. Their invitations were sent before it.
        """
        visit = self._visitor()
        course = self._course(visit, 0, in_trouble=False)
        opened = at_ms - course.answered
        if opened < self._site.start_ms:
            self._feedback.answer(visit, at_ms, resolved=course.resolved)

    def _visitor(self) -> Visit:
        draw = self._draw
        number = self._customers.pick(draw)
        channel = pick(draw, self._channels)
        touchpoint = pick(draw, _TOUCHPOINTS[channel])
        issue = pick(draw, centre.ISSUES[touchpoint])
        return self._visit(number, channel, touchpoint, issue, "outbound" if draw() < _OUTBOUND else "inbound")

    def _visit(self, number: int, channel: str, touchpoint: str, issue: str, direction: str) -> Visit:
        draw, customers = self._draw, self._customers
        segment, language = customers.segment(number), customers.language(number)
        team = pick(draw, _TEAMS[channel, language])
        agent = pick(draw, _AGENTS[team.name])
        ease = centre.EASE_OF_CHANNEL[channel] + centre.EASE_OF_TOUCHPOINT[touchpoint] + centre.EASE_OF_SEGMENT[segment]
        return Visit(
            centre.customer_id(number), number, segment, language, channel, touchpoint, issue, direction,
            team.name, agent if channel in _LIVE else None, centre.survey(channel, touchpoint),
            customers.satisfaction(number) + team.quality + ease,
        )  # fmt: skip

    def _course(self, visit: Visit, opened: int, *, in_trouble: bool) -> Course:
        fate, channel = self._fate, visit.channel
        incident = self._site.scenario.incident if in_trouble else None
        waited = pick(fate, _WAITING[channel])
        responded = opened + (round(waited * incident.waiting) if incident else waited)
        closed = responded + pick(fate, _HANDLING[channel])
        invited = closed + pick(fate, _INVITING)
        answered = invited + pick(fate, _ANSWERING[channel])
        return Course(
            opened, responded, closed, invited, answered, fate() < (_RESOLVED_IN_TROUBLE if incident else _RESOLVED)
        )

    def _serve(self, visit: Visit, opened: int) -> None:
        in_trouble = self._site.incident(visit.channel, visit.touchpoint, opened) is not None
        course = self._course(visit, opened, in_trouble=in_trouble)
        contact_id = f"t-{self._prefix}-{next(self._numbers)}"
        live = visit.channel in _LIVE
        if not live:
            self._sender.send(opened, CONTACTS, visit.customer, events.contact(contact_id, visit, course, done=False))
        event = events.contact(contact_id, visit, course, done=True, update=not live)
        self._sender.send(course.closed, CONTACTS, visit.customer, event)
        self._maybe_return(visit, course)
        self._feedback.invite(visit, course)

    def _maybe_return(self, visit: Visit, course: Course) -> None:
        again = self._fate() < (_RETURN_THOUGH_RESOLVED if course.resolved else _RETURN)
        later = pick(self._fate, _RETURNING)
        if again:
            self._site.agenda.act(course.closed + later, partial(self._returns.contact_again, visit))

    def contact_again(self, visit: Visit, at_ms: int) -> None:
        """The customer turns to the centre again on the same issue, perhaps by another channel."""
        other = pick(self._draw, self._channels)
        channel = other if self._draw() < _SWITCH_CHANNEL else visit.channel
        self._serve(self._visit(visit.number, channel, visit.touchpoint, visit.issue, "inbound"), at_ms)
