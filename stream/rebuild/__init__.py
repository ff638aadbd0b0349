"""Counting everything anew from the source topics, beside the tables that are served."""
