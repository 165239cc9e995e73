"""Run the monitor as a user service."""
