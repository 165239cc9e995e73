"""Detectors: each reads a version's outcomes and says whether accuracy fell."""
