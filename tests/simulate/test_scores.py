"""What `score` says of the simulated centre is what the definitions say, for every KPI."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import orjson
import pytest

from stream.kpi import SCORES
from stream.render import as_json
from stream.score import Line, Scorer
from stream.settings import Settings
from stream.simulate import Simulated, simulate
from stream.text.taxonomy import Taxonomy
from stream.text.verbatims import verbatim_of
from tests.integration import oracle

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 12


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """A small centre in twelve days, and what its customers' comments say."""
    records = simulate("steady", rate=0.008, seed=5, start=START)
    sent = [record.value or b"" for record in takewhile(_before_the_end, records)]
    taxonomy = Taxonomy.load()
    made = [verbatim_of(Line(0, value), taxonomy, 100_000) for value in sent]
    return sent + [each.value for each in made if each and each.value]


def _before_the_end(record: Simulated) -> bool:
    return record.at < START + timedelta(days=DAYS)


@pytest.mark.parametrize("days", [DAYS, DAYS / 2])
def test_the_scores_of_a_simulated_centre(lines: list[bytes], days: float) -> None:
    moment = (START + timedelta(days=days)).timestamp()
    scorer = Scorer(Settings(), moment + 100 * 86_400, as_of=moment)
    scorer.count(lines)
    report = scorer.report()
    events = [orjson.loads(line) for line in lines]
    rows = [as_json(score, report.as_of) for score in report.scores]

    oracle.check_rows(rows, oracle.scores(events, moment))
    assert {row["kpi"] for row in rows if row["value"] is not None} == SCORES.keys()
    assert report.outcomes == oracle.outcomes(events)
