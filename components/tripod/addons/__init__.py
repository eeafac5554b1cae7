"""What lives in a cluster: one file an add-on. Nothing here needs a Cluster: a kubeconfig and some facts are enough."""
