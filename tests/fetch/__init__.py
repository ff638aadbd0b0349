"""Tests of the fetching of answers, before APIs of this process."""
