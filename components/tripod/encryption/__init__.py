"""Customer keys."""
