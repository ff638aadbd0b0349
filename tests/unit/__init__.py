"""Tests of single modules, without broker or clock."""
