"""Names that move from an old load balancer to the cluster, by weights."""
