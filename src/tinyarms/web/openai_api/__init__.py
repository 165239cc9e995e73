"""Every skill as a model of the OpenAI API, and the project's plain models under their names."""

PREFIX = "skill:"
"""Begins the model name of a skill."""
