"""Simulated vendors over real sockets: stateful, strict where the real ones are, and able to fail the way they fail."""
