"""Guards: they reject proposed prompts that must not be tried, and never repair one."""
