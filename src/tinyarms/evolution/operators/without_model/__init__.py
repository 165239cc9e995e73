"""Operators that edit a prompt without asking a model."""
