"""Mathematics: intervals, tests, posteriors and e-processes. Knows nothing of prompts."""
