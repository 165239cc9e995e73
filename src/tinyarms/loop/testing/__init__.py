"""The live test: start it, ask users, count votes, conclude it."""
