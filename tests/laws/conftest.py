"""What a law configures of the KPIs is put back."""

from collections.abc import Iterator

import pytest

from stream.kpi import KPIS
from stream.settings import Settings


@pytest.fixture(autouse=True, scope="module")
def usual_definitions() -> Iterator[None]:
    """After each module every KPI is again as it comes."""
    yield
    for kpi in KPIS.values():
        kpi.configure(Settings.model_construct())
