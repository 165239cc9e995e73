"""Operators: each makes a draft of a candidate from others."""
