"""The REST API, version 1 (design §5.3)."""
