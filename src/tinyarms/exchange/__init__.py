"""Data of other tools: what comes in from them."""
