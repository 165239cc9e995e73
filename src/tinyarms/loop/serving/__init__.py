"""Serve tasks and take feedback on them."""
