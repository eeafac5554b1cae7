"""Pulumi projects and stack files."""
