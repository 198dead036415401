"""Templates: ready-made mappings and rules for one job each, filled in with the user's own lists and campaigns."""
