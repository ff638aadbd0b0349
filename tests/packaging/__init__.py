"""Tests of what is handed out: the package, its parts lists, and a developer's tools."""
