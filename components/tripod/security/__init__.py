"""Security groups and the rules between them."""
