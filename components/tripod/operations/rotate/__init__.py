"""Rotation of encryption keys, join tokens and certificates."""
