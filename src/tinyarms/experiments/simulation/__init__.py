"""Simulated live tests: how often a rule is right."""
