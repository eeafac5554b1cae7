"""Add-ons of a cluster, one folder each. They need a kubeconfig and the facts of a cluster, and no Cluster."""
