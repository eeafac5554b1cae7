"""The etcd group: one member per auto-scaling group, with its address and its volume."""
