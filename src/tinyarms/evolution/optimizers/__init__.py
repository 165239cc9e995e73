"""Optimizers: each decides which prompts to try next. All of them ask and are told."""
