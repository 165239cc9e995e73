"""Demonstrations of the whole loop with simulated users."""
