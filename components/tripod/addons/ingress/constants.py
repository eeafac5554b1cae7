"""The agreement between the way in, names, and what is reached: both sides take these words from here."""

NAMESPACE = "ingress"
"""Where the way in lives: the controller, or the Gateway."""

INGRESS_CLASS = "nginx"
GATEWAY = "gateway"
HTTPS_LISTENER = "https"

VISIBILITY = "tripod.dns/visibility"
"""The label of an Ingress or a route that says which zone its hosts stand in: private or public."""

CLUSTER_ISSUER = "cert-manager.io/cluster-issuer"
"""The annotation of an Ingress that asks for a certificate."""
