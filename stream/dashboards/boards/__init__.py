"""The dashboards: every module here is one or several, found by looking; `boards()` returns them."""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from grafana_foundation_sdk.models.dashboard import Dashboard


class Board(Protocol):
    """What a module of dashboards is."""

    def boards(self) -> Iterable[Dashboard]:
        """Its dashboards; anew at each call, for they can be changed."""


#: Every module of dashboards, by name.
BOARDS: tuple[Board, ...] = tuple(
    cast("Board", import_module(f"{__name__}.{module.name}")) for module in iter_modules(__path__)
)
