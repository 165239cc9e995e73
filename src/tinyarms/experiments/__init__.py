"""Step 3, test: ballots, allocation, gates and stopping rules. They give evidence only."""
