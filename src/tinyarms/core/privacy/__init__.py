"""Personal data and secrets in a text: find them and put a label in their place."""
