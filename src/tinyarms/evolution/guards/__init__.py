"""Guards: they reject a proposed prompt that must not be tried. They never repair one."""
