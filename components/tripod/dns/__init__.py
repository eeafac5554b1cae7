"""Cut-over of DNS names from an old load balancer to the cluster, by weighted records."""
