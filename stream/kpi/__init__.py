"""The catalogue of KPIs: every file here that defines an `Accumulator` is one, found by looking."""

from importlib import import_module
from pkgutil import iter_modules

from stream.kpi.accumulator import Accumulator, Around, Estimate, ScoreInfo


def _catalogue() -> dict[str, type[Accumulator]]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    found = [
        kpi
        for module in modules
        for kpi in vars(module).values()
        if isinstance(kpi, type) and issubclass(kpi, Accumulator) and kpi.__module__ == module.__name__
    ]
    return {kpi.name: kpi for kpi in sorted(found, key=lambda kpi: kpi.order) if hasattr(kpi, "name")}


#: Every KPI by its name, in display order.
KPIS: dict[str, type[Accumulator]] = _catalogue()

#: Every score by its name, with the KPI it is extracted from.
SCORES: dict[str, tuple[type[Accumulator], ScoreInfo]] = {
    info.name: (kpi, info) for kpi in KPIS.values() for info in kpi.scores()
}

__all__ = ["KPIS", "SCORES", "Accumulator", "Around", "Estimate", "ScoreInfo"]
