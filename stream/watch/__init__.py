"""Watching the service and its topics: that work gets done, and that the logs are those that were counted."""
