"""The scenarios in short, each on real Kafka: nothing lost, nothing counted twice. `make chaos` runs them for long."""

import pytest

from . import scenarios
from .failpoints import POINTS
from .faults import ROTATION
from .scenarios import Outcome

pytestmark = pytest.mark.usefixtures("java")


def check(outcome: Outcome) -> None:
    """It must be exact, and something must have been done to it."""
    assert outcome.faults.total() > 0, outcome
    assert outcome.verdict.records > 0, outcome
    assert outcome.exact, outcome


async def test_kills_pauses_and_deployments_in_rotation() -> None:
    outcome = await scenarios.rotation(45, rate=2_000)

    check(outcome)
    assert outcome.faults.keys() & POINTS.keys(), outcome
    assert outcome.faults.keys() & ROTATION.keys(), outcome


async def test_rebalances_alone_count_nothing_a_second_time() -> None:
    check(await scenarios.rebalances(15))


async def test_a_broker_that_ends_and_comes_back() -> None:
    check(await scenarios.broker_restarts(6))


async def test_one_broker_of_three_is_killed() -> None:
    check(await scenarios.cluster())


@pytest.mark.parametrize("share", [0.05, 1.0])
async def test_bad_input(share: float) -> None:
    outcome = await scenarios.bad_input(15_000, share=share)

    check(outcome)
    assert outcome.verdict.outcomes["rejected"] > 0.9 * share * 14_000


async def test_a_day_old_topic_from_its_beginning() -> None:
    check(await scenarios.replay(30_000))


async def test_the_harness_sees_what_plain_faust_loses_and_doubles() -> None:
    outcome = await scenarios.negative_control(15)

    assert outcome.verdict.lost + outcome.verdict.doubled > 0, outcome
