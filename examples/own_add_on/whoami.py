"""The add-on Whoami, which answers with the request it got. An add-on needs one file."""

import pulumi

from tripod import AddOn, AddOnArgs, AddOnSpec, Manifest, namespaces, pods

NAME, NAMESPACE = "whoami", "default"
IMAGE = "ghcr.io/traefik/whoami:v1.11.0"
MATCH = pods.selector(NAME)


class Whoami(AddOn):
    """A small server with two replicas, spread over zones."""

    def __init__(self, name: str, args: AddOnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Whoami", name, args, AddOnSpec(), opts)
        self.declare(
            pods.service_account(NAME, NAMESPACE),
            self._deployment(),
            pods.disruption_budget(NAME, NAMESPACE, MATCH),
            # Ingress from its namespace, and no egress.
            namespaces.network_policy(NAME, NAMESPACE, MATCH, ingress=[{"from": [{"podSelector": {}}]}], egress=[]),
        )
        self.register_outputs({})

    def _deployment(self) -> Manifest:
        container = {
            "name": NAME,
            # From the cluster's mirror of the registry, if it has one.
            "image": self.cluster.image(IMAGE),
            "args": ["--port=8080"],
            "ports": [{"name": "http", "containerPort": 8080}],
            "resources": pods.resources("10m", "16Mi", "32Mi"),
            "readinessProbe": pods.http_probe("/health", "http"),
            "livenessProbe": pods.http_probe("/health", "http"),
            "securityContext": pods.unprivileged(),
        }
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": pods.metadata(NAME, NAMESPACE),
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": MATCH},
                "template": {
                    "metadata": {"labels": pods.labels(NAME)},
                    "spec": {
                        "serviceAccountName": NAME,
                        "automountServiceAccountToken": False,
                        "securityContext": pods.non_root(),
                        "topologySpreadConstraints": pods.zone_spread(MATCH),
                        "containers": [container],
                    },
                },
            },
        }
