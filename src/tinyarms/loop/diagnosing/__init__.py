"""Check everything that a project needs, and say what to do about what is wrong."""
