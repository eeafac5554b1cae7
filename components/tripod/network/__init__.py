"""Addresses, zones, the VPC and the way out."""
