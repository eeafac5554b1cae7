"""What teams deploy with: a service in one call, a switch between two sides, a database by name, who may call whom."""
