"""Mathematics: intervals, the sign test, Beta posteriors. Knows nothing of prompts."""
