"""Operators that ask the writer model for text."""
