"""The dedicated etcd group: one auto-scaling group, address and volume for each member."""
