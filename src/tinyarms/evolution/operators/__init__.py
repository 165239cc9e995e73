"""Operators: each makes a draft of a candidate from one or more existing candidates."""
