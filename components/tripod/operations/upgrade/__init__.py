"""Kubernetes upgrades."""
