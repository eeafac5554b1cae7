"""Names shared by the ingress, external-dns and workloads."""

NAMESPACE = "ingress"
"""Namespace of the ingress controller or the Gateway."""

INGRESS_CLASS = "nginx"
GATEWAY = "gateway"
HTTPS_LISTENER = "https"

VISIBILITY = "tripod.dns/visibility"
"""Label of an Ingress or a route: the zone of its hosts, private or public."""

CLUSTER_ISSUER = "cert-manager.io/cluster-issuer"
"""Annotation of an Ingress that requests a certificate."""
