"""Brokers of their own for the scenarios; what the machine lacks is said as everywhere."""

from ..integration.conftest import java

__all__ = ["java"]
