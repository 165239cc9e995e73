"""Parts of the `search` benchmark: data, the counter, contestants and the report."""
