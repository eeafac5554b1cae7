"""Buckets: payloads for nodes, and snapshots of etcd."""
