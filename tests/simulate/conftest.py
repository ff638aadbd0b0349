"""A week of traffic for every test."""

from datetime import timedelta

import pytest

from stream.simulate import simulate
from tests.simulate.contract import MONDAY
from tests.simulate.traffic import RATE, SEED, Week, until


@pytest.fixture(scope="session")
def week() -> Week:
    result = Week()
    for record in until(simulate("steady", rate=RATE, seed=SEED, start=MONDAY), MONDAY + timedelta(days=7)):
        result.read(record)
    return result
