"""A job whose pods look where pods get to: a container for each place, so that the one that fails says which."""

from collections.abc import Sequence
from typing import Any

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import namespace, network_policy, ports, to_api, to_internet
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import metadata, non_root, resources, selector, unprivileged
from tripod.core.regions import dns_suffix
from tripod.security.ports import HTTPS

NAME = NAMESPACE = "egress-probe"
IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"
"""Kubernetes' own image for such tests; its ``connect`` resolves a name and opens a connection."""

SECONDS = 300
"""How long it tries: names and routes of a new cluster need a moment."""


def egress_probe(cluster: ClusterFacts, hosts: Sequence[str]) -> list[Manifest]:
    """Everything that looks whether pods reach names, the API, AWS and what else they must.

    Args:
        cluster: facts of the cluster.
        hosts: further hosts, over HTTPS.
    """
    outwards = [to_api(cluster), {"to": to_internet(), "ports": ports(HTTPS)}]
    policy = network_policy(NAME, NAMESPACE, selector(NAME), egress=outwards)
    return [*namespace(NAMESPACE), policy, _job(cluster, hosts)]


def destinations(cluster: ClusterFacts, hosts: Sequence[str]) -> dict[str, str]:
    """Container → the name and port that it connects to."""
    return {
        "api": f"kubernetes.default.svc:{HTTPS}",
        "aws": f"sts.{cluster.region}.{dns_suffix(cluster.region)}:{HTTPS}",
        **{f"host-{position}": f"{host}:{HTTPS}" for position, host in enumerate(hosts)},
    }


def _job(cluster: ClusterFacts, hosts: Sequence[str]) -> Manifest:
    # A template cannot be changed: another version of Kubernetes or another plugin makes another job, which runs.
    about = {"tripod/kubernetes": cluster.kubernetes, "tripod/network-plugin": cluster.cni}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(NAME, NAMESPACE),
        "spec": {
            # Restarts of containers count, and there are several a minute.
            "backoffLimit": 50,
            "activeDeadlineSeconds": SECONDS,
            "template": {
                "metadata": {"labels": metadata(NAME)["labels"], "annotations": about},
                "spec": {
                    "restartPolicy": "OnFailure",
                    "automountServiceAccountToken": False,
                    "securityContext": non_root(),
                    "containers": [
                        _container(cluster, name, place) for name, place in destinations(cluster, hosts).items()
                    ],
                },
            },
        },
    }


def _container(cluster: ClusterFacts, name: str, place: str) -> dict[str, Any]:
    return {
        "name": name,
        "image": cluster.image(IMAGE),
        "args": ["connect", "--timeout=10s", place],
        "resources": resources("10m", "16Mi", "64Mi"),
        "securityContext": unprivileged(),
    }
