"""Read promptfoo configs and test files."""
