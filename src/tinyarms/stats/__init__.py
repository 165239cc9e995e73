"""Mathematics: intervals, tests, posteriors and e-processes. Independent of prompts."""
