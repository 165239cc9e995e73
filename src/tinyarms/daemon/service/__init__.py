"""Run the monitor as a service of the user's own."""
