"""How fast Crosswalk is on this machine: `python -m benchmarks`, against real processes and a fast simulated vendor."""
