"""What is improved: skills, prompts, contracts, examples, scorers, and how a prompt is run."""
