"""Parts of the `search` benchmark: data, the counter, contestants, and what is made of it."""
