"""Django's SQLite backend, with a fair turn for everybody who wants to write."""
