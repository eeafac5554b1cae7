"""kube-proxy."""
