"""Pinned binaries and images of nodes, and their sources."""
