"""Bring the examples, prompts and models of another tool into a project."""
