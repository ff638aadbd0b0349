"""Answers of senders that push ids alone, fetched from their APIs."""
