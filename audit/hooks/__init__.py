"""Hooks: other tools subscribe a URL to what happens here, and are told of it at least once, signed."""
