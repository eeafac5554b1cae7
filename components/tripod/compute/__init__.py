"""What instances are made of."""
