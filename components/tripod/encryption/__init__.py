"""KMS customer keys."""
