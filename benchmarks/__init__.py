"""Measurements against the limit and against stock Faust, on a real Kafka."""
