"""Connections, mappings and rules as one file: read, compared with the database, applied, written out."""
