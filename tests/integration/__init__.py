"""Tests against brokers."""
