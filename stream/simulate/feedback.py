"""What customers answer when they are asked: invitations, answers, second thoughts, and cases for the unhappy."""

from functools import partial
from itertools import count

from stream.simulate import centre, events
from stream.simulate.answers import SHARED, Question
from stream.simulate.chance import NORMAL, lognormal, pick, spread
from stream.simulate.comments import comment
from stream.simulate.events import CASES, INVITATIONS, SURVEYS, Course, Event, Visit
from stream.simulate.site import Site

_INVITE = {"phone": 0.85, "chat": 0.9, "email": 0.75, "web": 0.7, "store": 0.6, "social": 0.5}
_BOUNCE = 0.04
_ANSWER = {"phone": 0.55, "chat": 0.5, "email": 0.4, "web": 0.42, "store": 0.4, "social": 0.3}
#: How likely a contact of each channel leads to an answered survey.
ANSWERED = {channel: _INVITE[channel] * (1 - _BOUNCE) * _ANSWER[channel] for channel in centre.CHANNELS}

#: What the outcome of the contact adds to satisfaction; on average nothing.
_OUTCOME = {True: 0.19, False: -0.71}
_SKIP = 0.04
_COMMENT = 0.35
_ABOUT_INCIDENT = 0.75
_THEMES = {
    "billing": spread({"price": 5, "waiting": 3, "kindness": 2, "resolution": 3, "website": 1}, 100),
    "technical_support": spread({"resolution": 5, "waiting": 3, "kindness": 2, "website": 2}, 100),
    "delivery": spread({"delivery": 8, "kindness": 1, "website": 1, "resolution": 2}, 100),
    "cancellation": spread({"price": 4, "waiting": 2, "kindness": 2, "resolution": 2}, 100),
    "renewal": spread({"price": 5, "kindness": 3, "website": 2}, 100),
    "onboarding": spread({"kindness": 4, "website": 3, "delivery": 2, "waiting": 1}, 100),
}

_RECONSIDERING = lognormal(1200, 1.0)
_CHANGES = spread({1: 6, 2: 3, -1: 2}, 100)

_CASE = 0.85
_OPENING = lognormal(300, 0.7)
_CALLING_BACK = lognormal(3 * 3600, 0.8)
_CLOSING = lognormal(9 * 3600, 0.8)
_CALLED_BACK = 0.92
_CLOSED = 0.9


class Feedback:
    """Asks the customers of one desk; `name` is the desk's."""

    def __init__(self, site: Site, name: str) -> None:
        self._site = site
        self._sender = site.sender(f"{name}/feedback")
        self._asking = site.stream(f"{name}/asking")
        self._scores = site.stream(f"{name}/scores")
        self._words = site.stream(f"{name}/words")
        self._changes = site.stream(f"{name}/changes")
        self._cases = site.stream(f"{name}/cases")
        self._callbacks = site.sender(f"{name}/cases")
        self._prefix = site.prefix(name)
        self._invitations = count(1)
        self._responses = count(1)

    def invite(self, visit: Visit, course: Course) -> None:
        """Perhaps send an invitation, which perhaps is answered."""
        asking = self._asking
        invited, bounced, answered = asking() < _INVITE[visit.channel], asking() < _BOUNCE, asking()
        if not invited:
            return
        key = f"i-{self._prefix}-{next(self._invitations)}"
        event = events.invitation(key, visit, course.invited, bounced=bounced, response_id=None)
        self._sender.send(course.invited, INVITATIONS, key, event)
        if not bounced and answered < _ANSWER[visit.channel]:
            response_id = self.answer(visit, course.answered, resolved=course.resolved)
            event = events.invitation(key, visit, course.answered, bounced=False, response_id=response_id)
            self._sender.send(course.answered, INVITATIONS, key, event)

    def answer(self, visit: Visit, at_ms: int, *, resolved: bool) -> str:
        """The customer answers the survey at that time; returns the id of the response."""
        response_id = f"r-{self._prefix}-{next(self._responses)}"
        incident = self._site.incident(visit.channel, visit.touchpoint, at_ms)
        satisfaction = visit.satisfaction + _OUTCOME[resolved] - (incident.severity if incident else 0.0)
        satisfaction += SHARED * pick(self._scores, NORMAL)
        talkative = self._words() < _COMMENT
        for question in visit.survey.questions:
            score = question.answer(satisfaction, self._scores())
            skipped = self._scores() < _SKIP
            event = events.response(response_id, question, visit, at_ms, None if skipped else score)
            if talkative and not skipped:
                event["comment"] = self._comment(visit, question, score, at_ms)
                talkative = False
            self._sender.send(at_ms, SURVEYS, response_id, event)
            self._reconsider(event, question, visit, at_ms)
            if question.kpi == "nps" and not skipped and score <= 6:
                # Later, since chances are drawn in the order of time: a bad hour to come must change nothing before it.
                self._site.agenda.act(at_ms, partial(self._open_case, response_id, visit))
        return response_id

    def _comment(self, visit: Visit, question: Question, score: int, at_ms: int) -> str:
        theme = pick(self._words, _THEMES[visit.touchpoint])
        about_incident = self._words() < _ABOUT_INCIDENT
        mood = question.mood(score)
        incident = self._site.incident(visit.channel, visit.touchpoint, at_ms)
        if incident and about_incident and mood == "negative":
            theme = incident.theme
        return comment(self._words, visit.language, mood, theme)

    def _reconsider(self, answer: Event, question: Question, visit: Visit, at_ms: int) -> None:
        """Perhaps correct or delete the answer later."""
        scenario, chance = self._site.scenario, self._changes()
        if chance >= scenario.deleted + scenario.corrected:
            return
        later = at_ms + pick(self._changes, _RECONSIDERING)
        if chance < scenario.deleted:
            changed = events.deletion(answer, later)
        elif answer["score"] is None:
            return
        else:
            changed = answer | {"updated_at": events.rfc3339(later), "revision": 1}
            if "comment" not in answer and self._changes() < 0.6:
                theme = pick(self._changes, _THEMES[visit.touchpoint])
                changed["comment"] = comment(self._changes, visit.language, question.mood(answer["score"]), theme)
            else:
                changed["score"] = question.beside(answer["score"], pick(self._changes, _CHANGES))
        self._sender.send(later, SURVEYS, answer["response_id"], changed)

    def _open_case(self, response_id: str, visit: Visit, at_ms: int) -> None:
        draw = self._cases
        opened = at_ms + pick(draw, _OPENING)
        contacted = opened + pick(draw, _CALLING_BACK)
        closed = contacted + pick(draw, _CLOSING)
        steps = {"opened": (opened, 1.0), "contacted": (contacted, _CALLED_BACK), "closed": (closed, _CLOSED)}
        chances = (draw() / _CASE, draw(), draw())
        key = f"k-{response_id[2:]}"
        for (status, (step_ms, likely)), chance in zip(steps.items(), chances, strict=True):
            if chance >= likely:
                return
            self._callbacks.send(step_ms, CASES, key, events.case(key, response_id, visit, step_ms, status))
