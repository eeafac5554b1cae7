"""Foundations: specs, problems, names, component helpers."""
