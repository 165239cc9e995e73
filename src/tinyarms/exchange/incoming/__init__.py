"""Readers of the files of other tools. They read text and numbers, and never run anything."""
