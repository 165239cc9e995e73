"""Step 2, search: optimisers that ask for model calls and are told the results."""
