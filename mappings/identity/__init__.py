"""Who is who, once a human decides: conflicts settled and undone, people merged and separated."""
