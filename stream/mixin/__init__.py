"""Prometheus' rules, Alertmanager's routes and the runbook, made from one configuration, outside the service."""
