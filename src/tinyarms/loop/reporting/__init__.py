"""Answers to the person who runs the skills: statistics, results, history."""
