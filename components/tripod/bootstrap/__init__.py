"""What runs on an instance."""
