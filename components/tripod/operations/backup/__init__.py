"""Snapshots of etcd."""
