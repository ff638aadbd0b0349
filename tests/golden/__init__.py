"""Flows of events with the exact answers that they must lead to."""
