"""The tools as fixtures."""

from .tools import amtool, promtool

__all__ = ["amtool", "promtool"]
