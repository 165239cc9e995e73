"""What a prompt version remembers: examples to recall, and the labels that they suggest. Pure."""
