"""Step 4, release: the only place that decides whether a prompt is promoted."""
