"""Prompts that improve themselves."""
