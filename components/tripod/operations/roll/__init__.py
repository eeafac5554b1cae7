"""Rolling replacement of instances."""
