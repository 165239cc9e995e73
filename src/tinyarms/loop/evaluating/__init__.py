"""Measure how good a prompt is on the examples, and compare two prompts on the same rows."""
