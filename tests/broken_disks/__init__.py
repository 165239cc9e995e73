"""Disks that lose power, fill up or fail, below a real process of tinyarms."""
