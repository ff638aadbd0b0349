"""A contact centre whose traffic is believable and can be repeated."""

from stream.simulate.agenda import Simulated
from stream.simulate.scenarios import SCENARIOS, Incident, Scenario, Wave
from stream.simulate.traffic import simulate

__all__ = ["SCENARIOS", "Incident", "Scenario", "Simulated", "Wave", "simulate"]
