"""Rules, routes and runbook: generated, checked by the tools of Prometheus and Alertmanager, and true to the code."""
