"""Step 3, test: ballots, allocation, gates and stopping rules. Gives evidence, decides nothing."""
