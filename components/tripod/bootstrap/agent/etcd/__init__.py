"""Members of etcd."""
