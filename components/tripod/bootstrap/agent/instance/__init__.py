"""The instance's configuration and context."""
