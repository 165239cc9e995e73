"""The daemon: watches every skill and carries each session through, unattended."""
