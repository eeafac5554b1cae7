"""Restore of etcd from a snapshot."""
