"""Optimizers: each decides which prompts to try next, over the ask/tell protocol."""
