"""Errors, retries, phases."""
