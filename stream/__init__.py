"""Live, exact scores of customer experience from Kafka topics."""

from importlib.metadata import version

__version__ = version("feedback-stream")
