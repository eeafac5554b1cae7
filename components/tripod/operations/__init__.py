"""What is done to a running cluster."""
