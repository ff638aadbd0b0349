"""What the employees answer: the weekly question whether they recommend their employer."""

from itertools import count

from stream.simulate import centre, events
from stream.simulate.answers import SHARED
from stream.simulate.chance import NORMAL, pick
from stream.simulate.events import SURVEYS
from stream.simulate.site import Site

_WEEK_S = 7 * 86_400
_ANSWERED = 0.8
#: Answers of all employees, each of whom is asked once a week.
ANSWERS_PER_SECOND = len(centre.TEAMS) * centre.AGENTS_PER_TEAM * _ANSWERED / _WEEK_S


class Staff:
    """Answers anonymously; a team that does good work is also the happier one."""

    def __init__(self, site: Site) -> None:
        self._draw = site.stream("staff")
        self._sender = site.sender("staff")
        self._prefix = site.prefix("staff")
        self._numbers = count(1)

    def answer(self, at_ms: int) -> None:
        """An employee answers at that time."""
        draw = self._draw
        team = pick(draw, centre.TEAMS)
        score = centre.ENPS.answer(team.quality + SHARED * pick(draw, NORMAL), draw())
        key = f"e-{self._prefix}-{next(self._numbers)}"
        self._sender.send(at_ms, SURVEYS, key, events.employee_response(key, team.name, at_ms, score))
