"""Search for better prompts: optimisers ask for model calls and are told the results."""
