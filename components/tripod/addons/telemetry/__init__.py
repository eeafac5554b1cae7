"""Parts shared by logging and metrics."""
