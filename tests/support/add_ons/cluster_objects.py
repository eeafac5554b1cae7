"""A cluster's objects without a problem, to break."""

from copy import deepcopy
from typing import Any

from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.pods import disruption_budget, http_probe, metadata, resources, selector, zone_spread

IMAGE = "registry.k8s.io/coredns/coredns:v1.14.2"


def container(**changes: Any) -> dict[str, Any]:
    return {
        "name": "main",
        "image": IMAGE,
        "resources": resources("50m", "64Mi"),
        "readinessProbe": http_probe("/ready", 8080),
        "livenessProbe": http_probe("/live", 8080),
        **changes,
    }


def deployment(name: str = "shop", place: str = "shops", **pod: Any) -> dict[str, Any]:
    """A deployment of two, whose pods' specification has something else."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, place),
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": selector(name)},
            "template": {
                "metadata": {"labels": selector(name)},
                "spec": {
                    "containers": [container()],
                    "topologySpreadConstraints": zone_spread(selector(name)),
                    **pod,
                },
            },
        },
    }


def service(name: str = "shop", place: str = "shops", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, place),
        "spec": {"selector": selector(name), "ports": [{"port": 80}], **spec},
    }


def config_map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("config", "shops"), "data": data}


def shop() -> list[dict[str, Any]]:
    """A namespace with a deployment of two and its Service."""
    return deepcopy(
        [*namespace("shops"), deployment(), service(), disruption_budget("shop", "shops", selector("shop"))]
    )
