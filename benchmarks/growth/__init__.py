"""What size costs: the same questions to a small and to a large database, `python -m benchmarks.growth`."""
