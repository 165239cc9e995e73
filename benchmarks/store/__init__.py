"""The parts of the benchmark `store`."""
