"""metrics-server."""
