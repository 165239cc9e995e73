"""Step 1, watch: accuracy over a window, the detectors, and the trigger of an evolution."""
