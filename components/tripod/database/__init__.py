"""Databases in other VPCs, and the peering to them."""
