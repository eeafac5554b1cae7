"""Roles, their policies, and the issuer of service-account tokens."""
