"""Step 1, watch: the accuracy window and the triggers."""
