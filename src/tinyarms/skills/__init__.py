"""What evolution improves: skills, prompts, contracts, examples, scorers, and running a prompt."""
