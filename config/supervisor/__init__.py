"""The watchful parent: starts the web server and the lanes, and starts again what died or fell silent."""
