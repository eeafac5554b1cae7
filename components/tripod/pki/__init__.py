"""Certificate authorities, keys and certificates."""
